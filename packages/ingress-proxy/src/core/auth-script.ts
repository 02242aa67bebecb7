import { MOST_COPIED_LINES } from './mirror-script.js';

/**
 * What haproxy does for `auth-url`, as nginx' auth_request: asks another server with the request's headers. 2xx lets it pass, with the headers
 * that were asked for, and sets `txn.auth_passed`; 401 and 403 are handed on, 401 to a browser as the way to the sign-in page; all else is 500.
 */
export const AUTH_SCRIPT = `-- haproxy itself would end with more lines than it takes of a client, ours beside them.
local MOST_LINES = ${MOST_COPIED_LINES}
-- As much as a buffer of haproxy has room for, with what it keeps free of it.
local MOST_BYTES = 14500
local DROPPED = {
  ['content-length'] = true, ['transfer-encoding'] = true, ['connection'] = true, ['upgrade'] = true, ['host'] = true,
  ['te'] = true, ['trailer'] = true, ['expect'] = true, ['keep-alive'] = true, ['proxy-connection'] = true,
  ['content-type'] = true, ['range'] = true, ['x-solo-kubelet-backend'] = true,
}

-- What clients prove who they are with is for the server that is asked, also where its answer has one of these for the server behind.
local CREDENTIALS = { ['authorization'] = true, ['cookie'] = true }

local function escaped(text)
  return (text:gsub('[^%w%-%._~]', function(c) return string.format('%%%02X', string.byte(c)) end))
end

local function reply(txn, status, headers)
  local said = txn:reply({ status = status })
  for name, values in pairs(headers) do
    for _, value in ipairs(values) do said:add_header(name, value) end
  end
  said:add_header('content-length', '0')
  said:add_header('cache-control', 'no-store')
  txn:done(said)
end

local function list(values)
  local out = {}
  if values == nil then return out end
  if values[0] ~= nil then table.insert(out, values[0]) end
  for _, value in ipairs(values) do table.insert(out, value) end
  return out
end

core.register_action('auth', { 'http-req' }, function(txn)
  local wanted = {}
  for name in (txn:get_var('txn.auth_headers') or ''):gmatch('[^,]+') do table.insert(wanted, name) end
  local dashed = {}
  for _, name in ipairs(wanted) do dashed[name:lower()] = true end
  local scheme = txn.f:ssl_fc() == 1 and 'https' or 'http'
  local host = txn.f:req_hdr('host') or ''
  local uri = txn.f:pathq() or '/'
  local url = txn:get_var('txn.auth_url')
  local headers = {}
  local lines = 0
  local bytes = 3 * #uri + 2 * #host
  for name, values in pairs(txn.http:req_get_headers()) do
    -- Nobody says himself who he is. Many servers take a name with \`_\` for the same with \`-\`.
    local claims = dashed[(name:lower():gsub('_', '-'))]
    if claims then txn.http:req_del_header(name) end
    if not DROPPED[name] and name:sub(1, 14) ~= 'sec-websocket-' and (not claims or CREDENTIALS[name]) then
      headers[name] = list(values)
      lines = lines + #headers[name]
      for _, value in ipairs(headers[name]) do bytes = bytes + #name + #value + 16 end
    end
  end
  if lines > MOST_LINES or bytes > MOST_BYTES then return reply(txn, 431, {}) end
  headers['host'] = { (url:match('^https?://([^/?#]+)')) }
  headers['x-original-url'] = { scheme .. '://' .. host .. uri }
  headers['x-original-method'] = { txn.f:method() }
  headers['x-auth-request-redirect'] = { uri }
  local request = { url = url, headers = headers, timeout = 10000 }
  local backend = txn:get_var('txn.auth_backend')
  if backend ~= nil then
    headers['x-solo-kubelet-backend'] = { backend }
    request.url = url:gsub('^https:', 'http:')
    request.dst = txn:get_var('txn.auth_socket')
  end
  local answer = core.httpclient():get(request)
  local status = answer and answer.status or 0
  local said = answer and answer.headers or {}
  local cookies = list(said['set-cookie'])
  if status >= 200 and status < 300 then
    for _, name in ipairs(wanted) do
      for _, value in ipairs(list(said[name:lower()])) do txn.http:req_add_header(name, value) end
    end
    -- Where there is no room for what was said of the client, nothing passes without it.
    local got = #wanted > 0 and txn.http:req_get_headers() or {}
    for _, name in ipairs(wanted) do
      if #list(got[name:lower()]) < #list(said[name:lower()]) then return reply(txn, 431, {}) end
    end
    txn:set_priv(cookies)
    -- All that ends otherwise, an error in here too, lets nobody pass.
    txn:set_var('txn.auth_passed', 'yes')
    return
  end
  local signin = txn:get_var('txn.auth_signin')
  if status == 401 and signin ~= nil then
    local fields = {
      host = host, http_host = host, scheme = scheme, pass_access_scheme = scheme, request_uri = uri, escaped_request_uri = escaped(uri),
    }
    local place = signin:gsub('%$%{?([%a_]+)%}?', function(name) return fields[name] end)
    if not signin:find('[?&]rd=') then
      place = place .. (signin:find('?', 1, true) and '&' or '?') .. 'rd=' .. escaped(scheme .. '://' .. host .. uri)
    end
    return reply(txn, 302, { ['location'] = { place }, ['set-cookie'] = cookies })
  end
  if status == 401 or status == 403 then
    return reply(txn, status, { ['www-authenticate'] = list(said['www-authenticate']), ['set-cookie'] = cookies })
  end
  reply(txn, 500, {})
end)

core.register_action('auth_cookies', { 'http-res' }, function(txn)
  local cookies = txn:get_priv()
  if type(cookies) ~= 'table' then return end
  for _, cookie in ipairs(cookies) do txn.http:res_add_header('set-cookie', cookie) end
end)
`;
