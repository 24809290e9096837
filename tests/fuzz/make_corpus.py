#!/usr/bin/env python3
"""Writes the seeds below corpus/: one small input for each shape a target should know from the
start.  Run it again after a change here; inputs that a fuzz run found are added by hand, with the
name of what they broke."""
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent / "corpus"


def seed(target, name, options, octets):
    folder = HERE / target
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(octets, str):
        octets = octets.encode("utf-8", "surrogateescape")
    (folder / name).write_bytes(bytes([options]) + octets)


def commands():
    lines = {
        "hello": "EHLO mx.example\r\nHELO [192.0.2.1]\r\nLHLO [IPv6:2001:db8::1]\r\n",
        "mail": "MAIL FROM:<a@b.example> SIZE=10 BODY=8BITMIME RET=HDRS ENVID=QQ+2B1\r\n"
                "MAIL FROM:<> SMTPUTF8\r\nMAIL FROM:<@r.example,@s.example:\"q \\\" q\"@[192.0.2.1]>\r\n",
        "rcpt": "RCPT TO:<postmaster>\r\nRCPT TO:<a@b.example> NOTIFY=SUCCESS,DELAY "
                "ORCPT=rfc822;a+40b\r\nrcpt to:<\u00e9@b.example>\r\n",
        "auth": "AUTH PLAIN =\r\nAUTH LOGIN\r\nAUTH PLAIN AGEAYg==\r\n",
        "bdat": "BDAT 10\r\nBDAT 0 LAST\r\nBDAT 18446744073709551616 LAST\r\n",
        "rest": "DATA\r\nRSET\r\nNOOP x\r\nQUIT\r\nVRFY a\r\nEXPN l SMTPUTF8\r\nHELP\r\nSTARTTLS\r\n"
                "ETRN #q\r\n",
        "peer": "XCLIENT NAME=mx.example ADDR=192.0.2.1 PORT=25 HELO=x+20y\r\nXFORWARD SOURCE=LOCAL\r\n",
        "ends": "NOOP\nNOOP\rNOOP\r\r\nNOOP\r\n\r\n" + "X" * 130 + "\r\n",
    }
    for name, text in lines.items():
        seed("command_parser", name, 16, text)
        seed("command_parser", name + "-utf8", 64 + 128 + 8, text)


def data():
    texts = {
        "plain": "Subject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n",
        "stuffed": "..\r\n...a\r\n.b\r\n.\r\n",
        "empty": ".\r\n",
        "lookalikes": "a\n.\nb\r.\rc\r\n.\nd\n.\r\ne\r\n.\rf\r\r\n.\r\r\n\r\n.\r\n",
        "nul": "a\x00b\r\n\x00\r\n.\x00\r\n.\r\n",
        "long": "x" * 1100 + "\r\n.\r\n",
        "eight": "caf\u00e9\r\n.\r\n",
        "open": "no end\r\n.\r",
    }
    for name, text in texts.items():
        seed("data_reader", name, 0, text)
        seed("data_reader", name + "-loose", 3, text)
        seed("data_reader", name + "-strict", 4 + 8 + 16, text)


def replies():
    texts = {
        "one": "250 2.1.0 Ok\r\n",
        "many": "250-mx.example\r\n250-SIZE 1000\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
        "bare": "220 mx\n354\r\n",
        "wrong": "250-a\r\n251 b\r\n",
        "junk": "HTTP/1.1 400 Bad Request\r\n",
        "nul": "250 a\x00b\r\n",
        "early": "25\r\n",
        "auth": "250-mx\r\n250-AUTH PLAIN LOGIN\r\n250-AUTH=PLAIN\r\n250 DSN\r\n",
    }
    for name, text in texts.items():
        seed("reply_parser", name, 255, text)
        seed("reply_parser", name + "-tight", 0, text)


def addresses():
    texts = ["a@b.example", "<>", "<a@b.example>", "\"a b\"@b.example", "\"\\\"\"@[192.0.2.1]",
             "a@[IPv6:2001:db8::1]", "a@[tag:text]", "@a.example,@b.example:c@d.example",
             "\u00fc@\u00fc.example", "a@xn--tda.example", "postmaster", "a@b.example.", "a..b@c.d",
             "x" * 64 + "@b.example", "a@" + "l" * 63 + ".example",
             "A (c) <a@b>, G: x@y, \"q\" <z@w>;, broken, \"un <a@b>"]
    for n, text in enumerate(texts):
        seed("address", f"{n:02}", 0, text)
        seed("address", f"{n:02}-path", 1 + 2 + 4, "<" + text + "> SIZE=1")


def cf():
    main = ("# comment\nmyhostname = mx.example\nmydestination = $myhostname,\n  localhost\n"
            "smtpd_relay_restrictions =\n\tpermit_mynetworks\n# inside\n\n    reject\n"
            "x = { a = 1, { b } }\ny=${z?{1}:{2}}\nempty =\n = none\nno equals\n  stray\n")
    master = ("smtp inet n - y - - smtpd\n  -o syslog_name=postfix/x -o { a = b c }\n"
              "127.0.0.1:10025 inet n - n - 10 smtpd -v\nrelay unix - - y 60? 0 smtp\n"
              "uucp unix - n n - - pipe\n  flags=F user=u argv=uux -r - $nexthop!rmail ($recipient)\n"
              "broken inet n\n[::1]:25 inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n")
    seed("cf_parser", "main", 0, main)
    seed("cf_parser", "main-tight", 1, main)
    seed("cf_parser", "master", 2, master)
    seed("cf_parser", "master-tight", 3, master)


def crc32c(octets):
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(tag, value):
    if isinstance(value, int):
        value = varint(value)
    return bytes([tag]) + varint(len(value)) + value


def payload(fields, body=b""):
    return struct.pack("<I", len(fields)) + fields + body


def record(kind, octets, offset, synced):
    head = struct.pack("<IBBHIIIII", 0x31525350, 1, kind, 0, len(octets), crc32c(octets), 1, offset,
                       synced)
    padding = b"\0" * (-len(octets) % 8)
    return head + struct.pack("<I", crc32c(head)) + octets + padding + struct.pack(
        "<II", len(octets), 0x2E646E65)


def spool():
    mailbox = field(1, b"alice") + field(2, b"example.com")
    recipient = field(1, mailbox) + field(2, b"alice@example.com") + field(4, 12)
    progress = field(1, 0) + field(2, 1) + field(3, b"said: 250") + field(4, b"2.0.0")
    message = payload(field(1, 7) + field(16, mailbox) + field(17, recipient) + field(18, 1) +
                      field(23, field(3, b"192.0.2.1") + field(4, 25)) + field(24, 100) +
                      field(32, 1) + field(33, 99) + field(36, progress), b"Subject: x\r\n\r\n")
    header = payload(field(4, 1) + field(2, 100) + field(3, 5) + field(39, 9) + field(40, 4096))
    change = payload(field(1, 7) + field(5, 1) + field(32, 2) + field(33, 77) + field(34, 1) +
                     field(37, 1) + field(36, progress))
    removal = payload(field(1, 7) + field(5, 1))
    large = payload(field(1, 8) + field(7, 70000) + field(8, struct.pack("<II", 1, 2)))
    for name, octets in [("message", message), ("header", header), ("change", change),
                         ("removal", removal), ("large", large)]:
        seed("spool_reader", "payload-" + name, 2, octets)
    segment, synced = b"", 0
    for kind, octets in [(1, header), (2, message), (3, change), (2, large), (4, removal)]:
        segment += record(kind, octets, len(segment), synced)
        synced = len(segment)
    seed("spool_reader", "segment", 0, segment + b"\0" * 256)
    seed("spool_reader", "segment-told", 1, segment)
    damaged = bytearray(segment)
    damaged[len(record(1, header, 0, 0)) + 40] ^= 1
    seed("spool_reader", "segment-damaged", 0, bytes(damaged))
    seed("spool_reader", "segment-torn", 0, segment[:-20])
    seed("spool_reader", "record-aside", 3, record(2, message, 0, 0))
    summary = struct.pack("<IIIIIIQQQ", 0x314D5350, 1, 1, 1, 0, 1, 4096, 9, 0)
    summary += struct.pack("<QIIqQqIIIIQ", 7, 96, 200, 100, 50, 99, 1, 1, 0, 0, 0)
    summary += struct.pack("<QIIII", 8, 300, 72, 1, 0)
    seed("spool_reader", "summary", 3, summary + struct.pack("<I", crc32c(summary)))


def mime():
    texts = {
        "plain": "From: a@b.example\r\nSubject: x\r\n folded\r\n\r\nbody\r\n",
        "multipart": "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
                     "pre\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: 8bit\r\n\r\ncaf\u00e9\r\n--b\r\n\r\n\r\n--b--\r\npost",
        "nested": "Content-Type: multipart/mixed; boundary=a\r\nMIME-Version: 1.0\r\n\r\n--a\r\n"
                  "Content-Type: multipart/alternative; boundary=aa\r\n\r\n--aa\r\n\r\nx\r\n--aa--\r\n"
                  "--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nin\r\n--a--\r\n",
        "none": "no header at all\r\n",
        "odd": " starts folded\r\nX : y\r\nno colon\r\n",
        "partial": "MIME-Version: 1.0\r\nContent-Type: message/partial; id=x; number=1\r\n\r\n\u00e9\r\n",
        "unbound": "MIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n\r\n--\r\n\u00e9\r\n----\r\n",
        "comment": "Content-Type: text/plain (c\\)) ; a*0=\"x\"; a*1*=utf-8''y%20z\r\n\r\n",
    }
    for name, text in texts.items():
        seed("mime", name, 0, text)
        seed("mime", name + "-tight", 3, text)


def milter():
    def packet(letter, data=b""):
        return struct.pack(">I", len(data) + 1) + letter + data

    go = packet(b"c")
    number = struct.pack(">I", 1)
    to_end = go * 8
    modifications = (packet(b"h", b"N\0v\n\tw\0") + packet(b"i", number + b"N\0 v\0")
                     + packet(b"m", number + b"N\0\0") + packet(b"+", b"<a@b.example>\0"))
    envelope = (packet(b"e", b"<>\0RET=HDRS ENVID=q\0") + packet(b"q", b"why\0")
                + packet(b"2", b"c@d.example\0NOTIFY=NEVER ORCPT=rfc822;x@y\0")
                + packet(b"-", b"<a@b.example>\0"))
    body = packet(b"b", b"one\r") + packet(b"p") + packet(b"b", b"\ntwo\n")
    streams = {
        "pass": to_end + go + to_end,
        "header": to_end + modifications + go,
        "envelope": to_end + envelope + packet(b"a"),
        "body": to_end + body + go,
        "interleaved": to_end + body + modifications + body,
        "progress": go + packet(b"p") * 5,
        "text": go * 2 + packet(b"y", b"550-5.7.1 50%%\r\n550 5.7.1 two\0") + go,
        "bad-text": go * 2 + packet(b"y", b"250 Ok") + go,
        "skip": go * 5 + packet(b"s") + go * 3,
        "refusals": go * 2 + packet(b"r") + go + packet(b"t") + packet(b"d") + packet(b"4"),
        "wrong-stage": modifications,
        "zero": struct.pack(">I", 0) + go,
        "huge": struct.pack(">I", 0xFFFFFFFF) + go,
        "negotiation": packet(b"O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF) + number + b"i {x}\0"),
        "unknown": packet(b"Z", b"x"),
    }
    for name, octets in streams.items():
        seed("milter", name, 1, octets)
        seed("milter", name + "-tight", 2, octets)


for make in (commands, data, replies, addresses, cf, spool, mime, milter):
    make()
