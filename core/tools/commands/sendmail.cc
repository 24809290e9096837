// sendmail: takes a message from standard input into the maildrop, where the engine finds it now or
// when it is back.  Options of Postfix's sendmail.
// Exit status of sysexits: 64 usage, 65 the message or an address is no good, 67 the user has no
// login name, 69 refused or not done here, 70 a bug, 75 try again, 77 rights, 78 configuration.

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "core/mail/submission_file.h"
#include "core/mime/address_list.h"
#include "core/smtp/dsn_parameters.h"
#include "core/tools/commands.h"
#include "core/tools/message_input.h"
#include "core/tools/options.h"
#include "core/tools/stdin_session.h"

namespace postern::tools {
namespace {

struct Wish {
  std::optional<std::string> directory, sender, full_name;
  char mode = 'm';  // of -b
  MessageInputOptions input;
  mail::DsnNotify notify = mail::DsnNotify::kUnspecified;
  mail::DsnReturn ret = mail::DsnReturn::kUnspecified;
  std::string envid;
  mail::BodyType body = mail::BodyType::kSevenBit;
  Arguments flush;  // of -q: arguments for postqueue
};

int refuse(const Io& io, std::string_view called_as, int status, std::string_view text) {
  fmt::print(io.err, "{}: fatal: {}\n", called_as, text);
  return status;
}

// What went wrong on the way into the maildrop, as callers of sendmail expect to be told.
int maildrop_status(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNotFound: return EX_CONFIG;  // no maildrop: nobody set the site up
    case ErrorKind::kPermission: return EX_NOPERM;
    case ErrorKind::kInvalid: return EX_DATAERR;
    case ErrorKind::kLimit: return EX_UNAVAILABLE;
    default: return EX_TEMPFAIL;
  }
}

// -b: nullopt: known; else the exit status for a mode that is not done here.
std::optional<int> set_mode(const Io& io, std::string_view called_as, const std::string& text,
                            Wish& wish) {
  const char mode = text.size() == 1 ? text[0] : '\0';
  switch (mode) {
    case 'm':
    case 's':
    case 'p':
    case 'i': wish.mode = mode; return std::nullopt;
    case 'd':
    case 'l':
      return refuse(io, called_as, EX_UNAVAILABLE, "the engine is started as posternd, not here");
    case 'v': return refuse(io, called_as, EX_UNAVAILABLE, "-bv is not done here");
    case 'h':
    case 'H': return EX_OK;
    default: return refuse(io, called_as, EX_USAGE, "unsupported: -b" + text);
  }
}

std::optional<int> set_dsn(const Io& io, std::string_view called_as, int option,
                           const std::string& text, Wish& wish) {
  if (option == 'N') {
    const auto notify = smtp::parse_notify(text);
    if (!notify) return refuse(io, called_as, EX_USAGE, "bad -N option value -- " + text);
    wish.notify = *notify;
  } else if (option == 'R') {
    const auto ret = smtp::parse_ret(text);
    if (!ret) return refuse(io, called_as, EX_USAGE, "bad -R option value -- " + text);
    wish.ret = *ret;
  } else if (option == 'V') {
    const auto envid = smtp::parse_envid(text);
    if (!envid) return refuse(io, called_as, EX_USAGE, "bad -V option value -- " + text);
    wish.envid = *envid;
  } else {
    if (mail::equals_ignoring_ascii_case(text, "8BITMIME"))
      wish.body = mail::BodyType::kEightBitMime;
    else if (!mail::equals_ignoring_ascii_case(text, "7BIT"))
      return refuse(io, called_as, EX_USAGE, "unsupported body type " + text);
  }
  return std::nullopt;
}

// -q alone: all; -qIid, -qRsite; -q15m is the business of the engine's configuration.
void set_flush(const std::string& text, Wish& wish) {
  if (text.empty()) {
    wish.flush = {"-f"};
  } else if (text[0] == 'I') {
    wish.flush = {"-i", text.substr(1)};
  } else if (text[0] == 'R') {
    wish.flush = {"-s", text.substr(1)};
  }
}

Result<std::string> parse_sender(const std::string& text) {
  std::string_view address = text;
  if (address.empty() || address == "<>") return std::string();
  const auto list = mime::parse_address_list(address);
  if (list.mailboxes.size() != 1 || list.malformed > 0)
    return fail(ErrorKind::kInvalid, "malformed sender: {:?}", address.substr(0, 256));
  return list.mailboxes[0].to_wire();
}

int submit(const Io& io, std::string_view called_as, const Site& site, const Wish& wish,
           const Arguments& words) {
  mail::Submission submission;
  submission.full_name = wish.full_name.value_or("");
  submission.ret = wish.ret;
  submission.envid = wish.envid;
  if (wish.sender) {
    const auto sender = parse_sender(*wish.sender);
    if (!sender) return refuse(io, called_as, EX_DATAERR, sender.error().context);
    submission.reverse_path = *sender;
  } else if (::getpwuid(::getuid()) == nullptr) {
    return refuse(io, called_as, EX_NOUSER,
                  fmt::format("user {} has no login name to be the sender; use -f", ::getuid()));
  }
  const auto add = [&](const mail::Mailbox& mailbox) {
    submission.recipients.push_back({mailbox.to_wire(), "", wish.notify});
  };
  for (const std::string& word : words) {
    const auto list = mime::parse_address_list(word);
    if (list.malformed > 0 || list.truncated || list.mailboxes.empty())
      return refuse(io, called_as, EX_DATAERR,
                    fmt::format("malformed recipient: {:?}", word.substr(0, 256)));
    for (const mail::Mailbox& each : list.mailboxes)
      add(each);
  }
  if (submission.recipients.empty() && !wish.input.read_recipients)
    return refuse(io, called_as, EX_USAGE,
                  "Recipient addresses must be specified on the command line or via the -t option");

  auto writer = mail::SubmissionWriter::create(site.maildrop, site.submission_limits());
  if (!writer)
    return refuse(io, called_as, maildrop_status(writer.error()), writer.error().describe());
  const auto put = [&writer](std::string_view octets) { return writer->append(octets); };
  const auto facts = read_message(io.in, wish.input, put);
  if (!facts)
    return refuse(io, called_as, maildrop_status(facts.error()), facts.error().describe());
  for (const mail::Mailbox& each : facts->recipients)
    add(each);
  if (submission.recipients.empty())
    return refuse(io, called_as, EX_DATAERR, "No recipient addresses found in message header");
  submission.body = facts->has_8bit ? mail::BodyType::kEightBitMime : wish.body;
  submission.smtputf8 = facts->has_utf8_header;
  for (const mail::Submission::To& each : submission.recipients)
    for (const char c : each.address)
      if (static_cast<unsigned char>(c) > 127) submission.smtputf8 = true;
  if (const auto name = writer->commit(submission); !name)
    return refuse(io, called_as, maildrop_status(name.error()), name.error().describe());
  return EX_OK;
}

}  // namespace

int run_sendmail(const Io& io, std::string_view called_as, const Arguments& arguments) {
  Wish wish;
  // Letters Sendmail has had, with the arguments they take, so that old callers go on working.
  Options options(arguments, "A;B:C:F:GIL:N:O:R:UV:X:b:cd;e;f:h:imno:p:q;r:stvx;");
  for (int option; (option = options.next()) != Options::kEnd;) {
    const std::string value = options.value();
    switch (option) {
      case 'C': wish.directory = value; break;
      case 'F': wish.full_name = value; break;
      case 'f':
      case 'r': wish.sender = value; break;
      case 'i': wish.input.dot_is_text = true; break;
      case 't': wish.input.read_recipients = true; break;
      case 'I': wish.mode = 'i'; break;
      case 's': wish.mode = 's'; break;
      case 'q': set_flush(value, wish); break;
      case 'b':
        if (const auto status = set_mode(io, called_as, value, wish)) return *status;
        break;
      case 'B':
      case 'N':
      case 'R':
      case 'V':
        if (const auto status = set_dsn(io, called_as, option, value, wish)) return *status;
        break;
      case 'o':
        if (value == "i") wish.input.dot_is_text = true;
        // -o f value and the like: the value is a word of its own, and of no account here.
        break;
      case Options::kBad: return refuse(io, called_as, EX_USAGE, options.problem());
      case Options::kLong:
        return refuse(io, called_as, EX_USAGE, "unknown option --" + options.long_name());
      default: break;  // ignored, as in Postfix
    }
  }
  Arguments where;
  if (wish.directory) where = {"-c", *wish.directory};
  if (wish.mode == 'p') return run_mailq(io, called_as, where);
  if (wish.mode == 'i') return run_newaliases(io, called_as, where);
  if (!wish.flush.empty()) {
    where.insert(where.end(), wish.flush.begin(), wish.flush.end());
    return run_postqueue(io, called_as, where);
  }
  if (!wish.full_name)
    if (const char* name = ::getenv("NAME"); name != nullptr) wish.full_name = name;
  const auto site = open_site(wish.directory);
  if (!site) return refuse(io, called_as, EX_CONFIG, site.error().describe());
  if (wish.mode == 's') return run_stdin_session(io, *site);
  return submit(io, called_as, *site, wish, options.rest());
}

}  // namespace postern::tools
