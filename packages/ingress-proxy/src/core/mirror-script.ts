/** As many copies as may be under way at once; requests beyond that have none. */
const MOST_UNDER_WAY = 100;

/** Lines of headers that a request of haproxy's own has at most. Of clients it takes 101; what comes from the proxy itself is beside them. */
export const MOST_COPIED_LINES = 80;

/**
 * What haproxy does for RequestMirror: sends a copy of the request to another backend, and waits for nothing. Only requests that say how long they are,
 * and have come as a whole, have one. Of the answer nothing is kept: the frontend for such requests ends it with its headers.
 */
export const MIRROR_SCRIPT = `local METHODS = { GET = 'get', HEAD = 'head', PUT = 'put', POST = 'post', DELETE = 'delete' }
local LEFT_OUT = {
  ['connection'] = true, ['upgrade'] = true, ['te'] = true, ['trailer'] = true, ['expect'] = true, ['keep-alive'] = true,
  ['proxy-connection'] = true, ['transfer-encoding'] = true, ['content-length'] = true, ['x-solo-kubelet-backend'] = true,
}
local under_way = 0

core.register_action('mirror', { 'http-req' }, function(txn)
  local method = METHODS[txn.f:method()]
  if method == nil or under_way >= ${MOST_UNDER_WAY} then return end
  local headers = {}
  local length = 0
  local lines = 0
  for name, values in pairs(txn.http:req_get_headers()) do
    if name == 'transfer-encoding' or name == 'upgrade' then return end
    if name == 'content-length' then length = tonumber(values[0]) or 0 end
    if not LEFT_OUT[name] then
      local all = {}
      if values[0] ~= nil then table.insert(all, values[0]) end
      for _, value in ipairs(values) do table.insert(all, value) end
      headers[name] = all
      lines = lines + #all
    end
  end
  -- haproxy itself would end with more than it takes of a client.
  if lines > ${MOST_COPIED_LINES} then return end
  local body = length > 0 and txn.f:req_body() or nil
  if length > 0 and (body == nil or #body ~= length) then return end
  headers['x-solo-kubelet-backend'] = { txn:get_var('txn.mirror') }
  local request = {
    url = 'http://' .. (txn.f:req_hdr('host') or 'mirror') .. (txn.f:pathq() or '/'),
    headers = headers, body = body, dst = txn:get_var('txn.mirror_socket'), timeout = 10000,
  }
  under_way = under_way + 1
  core.register_task(function()
    local client = core.httpclient()
    pcall(client[method], client, request)
    under_way = under_way - 1
  end)
end)
`;
