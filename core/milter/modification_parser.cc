#include "core/milter/modification_parser.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/smtp/address.h"
#include "core/smtp/dsn_parameters.h"

namespace postern::milter {
namespace {

// Of a filter's text in an error.
constexpr std::size_t kShownOctets = 100;
constexpr std::size_t kMaxIgnoredParameters = 16;

std::string shown(std::string_view text) {
  std::string out(text.substr(0, kShownOctets));
  std::ranges::replace_if(out, [](unsigned char c) { return c < ' ' || c == 0x7F; }, '?');
  return out;
}

Result<std::string> header_name(const std::string& name) {
  const auto is_name_octet = [](unsigned char c) { return c > ' ' && c < 0x7F && c != ':'; };
  if (name.empty() || !std::ranges::all_of(name, is_name_octet))
    return fail(ErrorKind::kInvalid, "milter asks for a header field named \"{}\"", shown(name));
  return name;
}

// Folds: a filter writes LF, and white space behind it if it knows better.  What would begin a new
// field or the body becomes a continuation.
std::string exact_value(std::string_view value, const ModificationOptions& options) {
  std::string out;
  if (!options.keeps_leading_space) out += ' ';
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\r' && value[i] != '\n') {
      out += value[i] == '\0' ? '?' : value[i];
      continue;
    }
    while (i + 1 < value.size() && (value[i + 1] == '\r' || value[i + 1] == '\n'))
      ++i;
    if (i + 1 == value.size()) break;
    out += "\r\n";
    if (value[i + 1] != ' ' && value[i + 1] != '\t') out += '\t';
  }
  return out;
}

// With or without angle brackets; a bare local part gets its domain later, as in Postfix.
Result<mail::ReversePath> parse_path(std::string_view text, bool allow_null) {
  const smtp::AddressOptions options{
      .allow_utf8 = true, .allow_null = allow_null, .allow_bare_local_part = true};
  if (text.empty() && allow_null) return mail::ReversePath();
  if (text.starts_with('<')) {
    const auto parsed = smtp::parse_path(text, options);
    if (parsed && parsed->consumed == text.size() && (parsed->path || allow_null))
      return parsed->path;
  } else if (const auto mailbox = smtp::parse_mailbox(text, options)) {
    return mail::ReversePath(*mailbox);
  }
  return fail(ErrorKind::kInvalid, "milter names an address that is none: \"{}\"", shown(text));
}

// Calls `take(name, value)` for each "NAME=value" or "NAME"; its result says whether it had effect.
template <typename Take>
std::vector<std::string> walk_parameters(std::string_view arguments, Take take) {
  std::vector<std::string> ignored;
  while (!arguments.empty()) {
    const std::size_t end = std::min(arguments.find_first_of(" \t\r\n"), arguments.size());
    const std::string_view word = arguments.substr(0, end);
    arguments.remove_prefix(std::min(end + 1, arguments.size()));
    if (word.empty()) continue;
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string_view value = equals < word.size() ? word.substr(equals + 1) : "";
    if (!take(word.substr(0, equals), value) && ignored.size() < kMaxIgnoredParameters)
      ignored.push_back(shown(word));
  }
  return ignored;
}

bool is(std::string_view name, std::string_view keyword) {
  return mail::equals_ignoring_ascii_case(name, keyword);
}

class Parser {
 public:
  explicit Parser(const ModificationOptions& options) : options_(options) {}

  Result<ParsedModification> operator()(const AddHeaderRequest& request) const {
    auto name = header_name(request.name);
    if (!name) return std::unexpected(name.error());
    return made(mail::AddHeader{*name, exact_value(request.value, options_)});
  }
  Result<ParsedModification> operator()(const InsertHeaderRequest& request) const {
    auto name = header_name(request.name);
    if (!name) return std::unexpected(name.error());
    return made(mail::InsertHeader{request.index, *name, exact_value(request.value, options_)});
  }
  Result<ParsedModification> operator()(const ChangeHeaderRequest& request) const {
    auto name = header_name(request.name);
    if (!name) return std::unexpected(name.error());
    const std::size_t nth = std::max<std::size_t>(request.nth, 1);
    if (request.value.empty()) return made(mail::DeleteHeader{nth, *name});
    return made(mail::ChangeHeader{nth, *name, exact_value(request.value, options_)});
  }
  Result<ParsedModification> operator()(const ChangeReversePathRequest& request) const {
    const auto path = parse_path(request.path, true);
    if (!path) return std::unexpected(path.error());
    mail::ChangeReversePath out{*path, std::nullopt, std::nullopt};
    auto ignored =
        walk_parameters(request.arguments, [&out](std::string_view name, std::string_view value) {
          if (is(name, "RET"))
            if (const auto ret = smtp::parse_ret(value)) return out.ret = *ret, true;
          if (is(name, "ENVID"))
            if (auto envid = smtp::parse_envid(value)) return out.envid = std::move(*envid), true;
          return false;
        });
    return ParsedModification{std::move(out), std::move(ignored)};
  }
  Result<ParsedModification> operator()(const AddRecipientRequest& request) const {
    const auto path = parse_path(request.path, false);
    if (!path) return std::unexpected(path.error());
    mail::Recipient out;
    out.forward_path = **path;
    out.original_recipient = out.forward_path.to_lookup_key();
    auto ignored =
        walk_parameters(request.arguments, [&out](std::string_view name, std::string_view value) {
          if (is(name, "NOTIFY"))
            if (const auto notify = smtp::parse_notify(value)) return out.notify = *notify, true;
          if (is(name, "ORCPT"))
            if (auto orcpt = smtp::parse_orcpt(value)) return out.orcpt = std::move(*orcpt), true;
          return false;
        });
    return ParsedModification{mail::AddRecipient{std::move(out)}, std::move(ignored)};
  }
  Result<ParsedModification> operator()(const DeleteRecipientRequest& request) const {
    const auto path = parse_path(request.path, false);
    if (!path) return std::unexpected(path.error());
    return made(mail::DeleteRecipient{**path});
  }
  Result<ParsedModification> operator()(const QuarantineRequest& request) const {
    std::string reason = request.reason;
    std::ranges::replace_if(reason, [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
    return made(mail::Quarantine{std::move(reason)});
  }
  Result<ParsedModification> operator()(const ReplaceBodyChunk&) const {
    POSTERN_CHECK(!"a body chunk is not parsed here");
    return made(mail::ReplaceBody{});
  }

 private:
  static ParsedModification made(mail::Modification modification) {
    return {std::move(modification), {}};
  }

  const ModificationOptions& options_;
};

}  // namespace

Result<ParsedModification> parse_modification(const Modify& request,
                                              const ModificationOptions& options) {
  return std::visit(Parser(options), request);
}

}  // namespace postern::milter
