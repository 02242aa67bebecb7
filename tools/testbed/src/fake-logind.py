"""The part of systemd's login manager that a kubelet talks to, on a D-Bus of a test's own.

In Python because D-Bus hands out an inhibitor lock as a file descriptor, which Node can neither send nor receive.
usage: fake-logind.py SOCKET DELAY_SECONDS CONF_DIRECTORY
Standard input takes `shutdown` and `cancel`; standard output tells, a word a line: ready, held, released, reloaded.
"""
import os, re, selectors, socket, struct, sys

path, delay_seconds, conf_directory = sys.argv[1], int(sys.argv[2]), sys.argv[3]
LOGIN, SYSTEMD = "org.freedesktop.login1", "org.freedesktop.systemd1"
MANAGER = LOGIN + ".Manager"
CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4

bus = socket.socket(socket.AF_UNIX)
bus.connect(path)
watch = selectors.DefaultSelector()
serial = 0
preparing = False
inbox = b""


def tell(word):
    print(word, flush=True)


def padded(data, to):
    return data + b"\0" * (-len(data) % to)


def text(value):
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def send(kind, fields, signature="", body=b"", fd=None):
    """fields: code -> (type, value). Codes are those of the D-Bus specification."""
    global serial
    serial += 1
    if signature:
        fields = {**fields, 8: ("g", signature)}
    if fd is not None:
        fields = {**fields, 9: ("u", 1)}
    array = b""
    for code, (type_, value) in fields.items():
        array = padded(array, 8) + bytes([code, 1]) + type_.encode() + b"\0"
        if type_ == "u":
            array = padded(array, 4) + struct.pack("<I", value)
        elif type_ == "g":
            array += bytes([len(value)]) + value.encode() + b"\0"
        else:
            array = padded(array, 4) + text(value)
    head = struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), serial, len(array)) + array
    message = padded(head, 8) + body
    if fd is None:
        bus.sendall(message)
    else:
        socket.send_fds(bus, [message], [fd])


def call(member, signature="", body=b""):
    where = "org.freedesktop.DBus"
    send(CALL, {1: ("o", "/org/freedesktop/DBus"), 2: ("s", where), 3: ("s", member), 6: ("s", where)}, signature, body)


def announce(begins):
    global preparing
    preparing = begins
    fields = {1: ("o", "/org/freedesktop/login1"), 2: ("s", MANAGER), 3: ("s", "PrepareForShutdown")}
    send(SIGNAL, fields, "b", struct.pack("<I", int(begins)))


def read_fields(data, length):
    """Header fields by code; of the types only those that headers have."""
    fields, at = {}, 0
    while at < length:
        at += -at % 8
        code, type_ = data[at], chr(data[at + 2])
        at += 4
        if type_ == "g":
            fields[code] = data[at + 1 : at + 1 + data[at]].decode()
            at += data[at] + 2
            continue
        at += -at % 4
        (number,) = struct.unpack_from("<I", data, at)
        at += 4
        if type_ == "u":
            fields[code] = number
        else:
            fields[code] = data[at : at + number].decode()
            at += number + 1
    return fields


def read_texts(body):
    texts, at = [], 0
    while at + 4 <= len(body):
        at += -at % 4
        (length,) = struct.unpack_from("<I", body, at)
        texts.append(body[at + 4 : at + 4 + length].decode())
        at += 5 + length
    return texts


def answer(fields, to, body):
    global delay_seconds
    reply = {5: ("u", to), 6: ("s", fields[7])}

    def refuse(message):
        send(ERROR, {**reply, 4: ("s", "org.freedesktop.DBus.Error.Failed")}, "s", text(message))

    member = fields[3]
    if member == "Get":
        name = read_texts(body)[1]
        if name == "InhibitDelayMaxUSec":
            send(RETURN, reply, "v", padded(b"\1t\0", 8) + struct.pack("<Q", delay_seconds * 1000000))
        elif name == "PreparingForShutdown":
            send(RETURN, reply, "v", padded(b"\1b\0", 4) + struct.pack("<I", int(preparing)))
        else:
            refuse("no property " + name)
    elif member == "Inhibit":
        if read_texts(body) != ["shutdown", "kubelet", "Kubelet needs time to handle node shutdown", "delay"]:
            refuse("unexpected inhibitor %r" % read_texts(body))
        elif preparing:
            refuse("The operation inhibition has been requested for is already running")
        else:
            ours, theirs = os.pipe()
            send(RETURN, reply, "h", struct.pack("<I", 0), theirs)
            os.close(theirs)
            watch.register(ours, selectors.EVENT_READ, "lock")
            tell("held")
    elif member == "KillUnit":
        if body != padded(text("systemd-logind.service"), 4) + padded(text("all"), 4) + struct.pack("<i", 1):
            refuse("unexpected signal")
            return
        for name in sorted(os.listdir(conf_directory)):
            with open(os.path.join(conf_directory, name)) as file:
                found = re.search(r"^\[Login\]\nInhibitDelayMaxSec=(\d+)$", file.read(), re.M)
                delay_seconds = int(found.group(1)) if found else delay_seconds
        send(RETURN, reply)
        tell("reloaded")
    else:
        refuse("no method " + member)


def take_messages():
    global inbox
    inbox += bus.recv(65536) or sys.exit(0)
    while len(inbox) >= 16:
        kind = inbox[1]
        body_length, number, fields_length = struct.unpack_from("<III", inbox, 4)
        start = 16 + fields_length + -fields_length % 8
        if len(inbox) < start + body_length:
            return
        fields, body = read_fields(inbox[16:start], fields_length), inbox[start : start + body_length]
        inbox = inbox[start + body_length :]
        if kind == CALL:
            answer(fields, number, body)


bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
assert bus.recv(1024).startswith(b"OK")
bus.sendall(b"NEGOTIATE_UNIX_FD\r\n")
assert bus.recv(1024).startswith(b"AGREE_UNIX_FD")
bus.sendall(b"BEGIN\r\n")
call("Hello")
for name in (LOGIN, SYSTEMD):
    call("RequestName", "su", padded(text(name), 4) + struct.pack("<I", 0))
watch.register(bus, selectors.EVENT_READ, "bus")
watch.register(0, selectors.EVENT_READ, "control")
tell("ready")
while True:
    for key, _ in watch.select():
        if key.data == "bus":
            take_messages()
        elif key.data == "control":
            line = os.read(0, 100).decode() or sys.exit(0)
            announce(line.strip() == "shutdown")
        else:
            watch.unregister(key.fd)
            os.close(key.fd)
            tell("released")
