// The commands of an SMTP or LMTP session as values, after parsing.
// Not here: what is legal when (server/), how text becomes a command (command_parser.h).
// RFC 5321 s4.1.1, RFC 3030, RFC 3207, RFC 4954, RFC 1985; XCLIENT and XFORWARD as in Postfix.
// Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/mail/envelope.h"
#include "core/mail/mailbox.h"

namespace postern::smtp {

enum class Verb {
  kUnknown,
  kHelo,
  kEhlo,
  kLhlo,
  kMail,
  kRcpt,
  kData,
  kBdat,
  kRset,
  kNoop,
  kQuit,
  kVrfy,
  kExpn,
  kHelp,
  kStartTls,
  kAuth,
  kEtrn,
  kXclient,
  kXforward,
};

// HELO, EHLO and LHLO; `verb` says which.
struct HelloCommand {
  Verb verb = Verb::kEhlo;
  std::string name;            // one word, printable, at most 255 octets
  bool is_valid_name = false;  // a domain or an address literal, as RFC 5321 wants it
};

struct MailCommand {
  mail::ReversePath path;
  std::optional<std::uint64_t> size;  // SIZE=; octets
  mail::BodyType body = mail::BodyType::kSevenBit;
  bool smtputf8 = false;
  mail::DsnReturn ret = mail::DsnReturn::kUnspecified;
  std::string envid;                // decoded; "" where absent
  std::optional<std::string> auth;  // decoded mailbox, "" for <>; RFC 4954 s5
};

struct RcptCommand {
  mail::Mailbox path;
  std::string as_given;  // between < and >, with a source route if there was one
  mail::DsnNotify notify = mail::DsnNotify::kUnspecified;
  std::string orcpt;  // "rfc822;user@example", decoded; "" where absent
};

struct DataCommand {};

struct BdatCommand {
  std::uint64_t size = 0;  // octets that follow the line
  bool last = false;
};

struct RsetCommand {};
struct NoopCommand {};
struct QuitCommand {};
struct StartTlsCommand {};

struct VrfyCommand {
  std::string argument;
  bool smtputf8 = false;
};
struct ExpnCommand {
  std::string argument;
  bool smtputf8 = false;
};
struct HelpCommand {
  std::string argument;
};

struct AuthCommand {
  std::string mechanism;                        // upper case
  std::optional<std::string> initial_response;  // base64 as given; "=" for an empty one
};

struct EtrnCommand {
  std::string domain;  // may begin with @ or #
};

// Attribute names in upper case, values decoded.
using Attributes = std::vector<std::pair<std::string, std::string>>;
struct XclientCommand {
  Attributes attributes;
};
struct XforwardCommand {
  Attributes attributes;
};

struct UnknownCommand {
  std::string verb;  // printable, at most 64 octets
};

using Command =
    std::variant<HelloCommand, MailCommand, RcptCommand, DataCommand, BdatCommand, RsetCommand,
                 NoopCommand, QuitCommand, StartTlsCommand, VrfyCommand, ExpnCommand, HelpCommand,
                 AuthCommand, EtrnCommand, XclientCommand, XforwardCommand, UnknownCommand>;

}  // namespace postern::smtp
