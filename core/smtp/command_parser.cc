// A line is checked for its octets first, then split into verb and argument, then handed to the
// verb's own function.  MAIL and RCPT share the walk over "path SP parameters"; each parameter is
// one function, and a bit per parameter finds repetitions.
#include "core/smtp/command_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/smtp/address.h"
#include "core/smtp/domain.h"
#include "core/smtp/dsn_parameters.h"
#include "core/smtp/utf8.h"
#include "core/smtp/xtext.h"

namespace postern::smtp {
namespace {

using Parsed = std::expected<Command, CommandError>;
using Failure = std::unexpected<CommandError>;
using mail::equals_ignoring_ascii_case;

Failure failure(Verb verb, CommandFault fault, std::uint16_t code, mail::EnhancedStatus status,
                std::string_view text) {
  return Failure(CommandError{verb, fault, mail::Reply(code, status, text)});
}

Failure syntax(Verb verb, std::string_view usage) {
  return failure(verb, CommandFault::kSyntax, 501, {5, 5, 4}, fmt::format("Syntax: {}", usage));
}

Failure bad_address(Verb verb, AddressFault fault) {
  const mail::EnhancedStatus status =
      verb == Verb::kMail ? mail::EnhancedStatus{5, 1, 7} : mail::EnhancedStatus{5, 1, 3};
  if (fault == AddressFault::kUtf8NotAllowed)
    return failure(verb, CommandFault::kUtf8Address, 553, {5, 6, 7}, to_string(fault));
  return failure(verb,
                 is_length_fault(fault) ? CommandFault::kAddressTooLong : CommandFault::kAddress,
                 501, status, fmt::format("Bad address: {}", to_string(fault)));
}

Failure bad_value(Verb verb, std::string_view name) {
  return failure(verb, CommandFault::kParameterValue, 501, {5, 5, 4},
                 fmt::format("Bad value of parameter {}", name));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

// Takes the next word off `text`.
std::string_view next_word(std::string_view& text) {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!equals_ignoring_ascii_case(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

struct Parameter {
  std::string_view name;
  std::optional<std::string_view> value;
};

Parameter split_parameter(std::string_view word) {
  const std::size_t equal = word.find('=');
  if (equal == std::string_view::npos) return {word, std::nullopt};
  return {word.substr(0, equal), word.substr(equal + 1)};
}

Failure unknown_parameter(Verb verb, std::string_view name) {
  return failure(verb, CommandFault::kParameterUnknown, 555, {5, 5, 4},
                 fmt::format("Unsupported option: {}", name.substr(0, 64)));
}

// Which parameter of a table a name is; -1 for none of those that are offered.
struct Known {
  std::string_view name;
  bool offered;
};
template <std::size_t N>
int find_parameter(const std::array<Known, N>& table, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (table[i].offered && equals_ignoring_ascii_case(table[i].name, name))
      return static_cast<int>(i);
  return -1;
}

std::optional<mail::BodyType> parse_body(std::string_view value, const CommandOptions& options) {
  if (equals_ignoring_ascii_case(value, "7BIT")) return mail::BodyType::kSevenBit;
  if (equals_ignoring_ascii_case(value, "8BITMIME")) return mail::BodyType::kEightBitMime;
  if (options.binary_mime && equals_ignoring_ascii_case(value, "BINARYMIME"))
    return mail::BodyType::kBinaryMime;
  return std::nullopt;
}

std::optional<std::string> parse_auth_parameter(std::string_view value) {
  auto decoded = decode_xtext(value);
  if (!decoded || decoded->empty() || decoded->size() > kMaxOrcptOctets) return std::nullopt;
  if (*decoded == "<>") return "";
  if (!parse_mailbox(*decoded, {.allow_utf8 = true, .allow_bare_local_part = true}))
    return std::nullopt;
  return decoded;
}

template <typename T>
bool store(std::optional<T> value, T& place) {
  if (value) place = std::move(*value);
  return value.has_value();
}

bool apply_mail_parameter(int which, const std::optional<std::string_view>& given,
                          const CommandOptions& options, MailCommand& out) {
  if (which == 5) {  // SMTPUTF8 takes no value
    out.smtputf8 = true;
    return !given.has_value();
  }
  if (!given) return false;
  switch (which) {
    case 0: return (out.size = parse_octet_count(*given)).has_value();
    case 1: return store(parse_body(*given, options), out.body);
    case 2: return store(parse_ret(*given), out.ret);
    case 3: return store(parse_envid(*given), out.envid);
    case 4: return (out.auth = parse_auth_parameter(*given)).has_value();
    default: return false;
  }
}

bool apply_rcpt_parameter(int which, const std::optional<std::string_view>& given,
                          RcptCommand& out) {
  if (!given) return false;
  return which == 0 ? store(parse_notify(*given), out.notify)
                    : store(parse_orcpt(*given), out.orcpt);
}

// Walks over "SP name[=value]..." and applies each; nullopt when all were fine.
template <std::size_t N, typename Apply>
std::optional<CommandError> walk_parameters(Verb verb, std::string_view rest,
                                            const std::array<Known, N>& table, Apply apply) {
  unsigned seen = 0;
  while (!(rest = trimmed(rest)).empty()) {
    const Parameter parameter = split_parameter(next_word(rest));
    const int which = find_parameter(table, parameter.name);
    if (which < 0) return unknown_parameter(verb, parameter.name).error();
    if ((seen & (1u << which)) != 0)
      return failure(verb, CommandFault::kParameterRepeated, 501, {5, 5, 4},
                     fmt::format("Repeated parameter {}", table[which].name))
          .error();
    seen |= 1u << which;
    if (!apply(which, parameter.value)) return bad_value(verb, table[which].name).error();
  }
  return std::nullopt;
}

AddressOptions address_options(const CommandOptions& options, bool allow_null) {
  return {.allow_utf8 = options.smtputf8,
          .allow_null = allow_null,
          .allow_bare_local_part = options.allow_bare_local_part,
          .allow_trailing_dot = options.allow_trailing_dot};
}

// After the path there is nothing or a space: "<a@b>SIZE=1" and "<a@b>x" are errors.
bool ends_cleanly(std::string_view rest) { return rest.empty() || rest.front() == ' '; }

Parsed parse_mail(std::string_view argument, const CommandOptions& options) {
  if (!take_prefix(argument, "FROM:")) return syntax(Verb::kMail, "MAIL FROM:<address>");
  argument = trimmed(argument);
  const auto path = parse_path(argument, address_options(options, true));
  if (!path) return bad_address(Verb::kMail, path.error());
  argument.remove_prefix(path->consumed);
  if (!ends_cleanly(argument)) return bad_address(Verb::kMail, AddressFault::kSyntax);
  MailCommand out;
  out.path = path->path;
  const std::array<Known, 6> table = {{{"SIZE", options.size},
                                       {"BODY", options.eight_bit_mime || options.binary_mime},
                                       {"RET", options.dsn},
                                       {"ENVID", options.dsn},
                                       {"AUTH", options.auth},
                                       {"SMTPUTF8", options.smtputf8}}};
  const auto apply = [&](int which, const std::optional<std::string_view>& value) {
    return apply_mail_parameter(which, value, options, out);
  };
  if (auto error = walk_parameters(Verb::kMail, argument, table, apply))
    return std::unexpected(std::move(*error));
  if (out.path && !out.path->is_ascii() && !out.smtputf8)
    return bad_address(Verb::kMail, AddressFault::kUtf8NotAllowed);
  return out;
}

Parsed parse_rcpt(std::string_view argument, const CommandOptions& options) {
  if (!take_prefix(argument, "TO:")) return syntax(Verb::kRcpt, "RCPT TO:<address>");
  argument = trimmed(argument);
  AddressOptions wanted = address_options(options, false);
  wanted.allow_utf8 = options.transaction_uses_smtputf8;
  const auto path = parse_path(argument, wanted);
  if (!path) return bad_address(Verb::kRcpt, path.error());
  RcptCommand out;
  out.path = *path->path;
  out.as_given = argument.substr(1, path->consumed - 2);
  argument.remove_prefix(path->consumed);
  if (!ends_cleanly(argument)) return bad_address(Verb::kRcpt, AddressFault::kSyntax);
  const std::array<Known, 2> table = {{{"NOTIFY", options.dsn}, {"ORCPT", options.dsn}}};
  const auto apply = [&](int which, const std::optional<std::string_view>& value) {
    return apply_rcpt_parameter(which, value, out);
  };
  if (auto error = walk_parameters(Verb::kRcpt, argument, table, apply))
    return std::unexpected(std::move(*error));
  return out;
}

Parsed parse_hello(Verb verb, std::string_view argument) {
  const std::string usage = fmt::format("{} hostname", to_string(verb));
  const std::string_view name = next_word(argument);
  if (name.empty() || !trimmed(argument).empty() || name.size() > kMaxDomainOctets ||
      !is_ascii(name))
    return syntax(verb, usage);
  return HelloCommand{
      verb, std::string(name),
      name.starts_with('[') ? address_of_literal(name).has_value() : is_valid_domain(name)};
}

Parsed parse_bdat(std::string_view argument) {
  constexpr std::string_view kUsage = "BDAT count [LAST]";
  const auto size = parse_octet_count(next_word(argument));
  const std::string_view last = next_word(argument);
  if (!size || !trimmed(argument).empty() ||
      !(last.empty() || equals_ignoring_ascii_case(last, "LAST")))
    return syntax(Verb::kBdat, kUsage);
  return BdatCommand{*size, !last.empty()};
}

// VRFY and EXPN: one string, then perhaps SMTPUTF8 (RFC 6531 s3.7.4.2).
template <typename T>
Parsed parse_verify(Verb verb, std::string_view argument, const CommandOptions& options) {
  T out;
  constexpr std::string_view kKeyword = " SMTPUTF8";
  if (options.smtputf8 && argument.size() > kKeyword.size() &&
      equals_ignoring_ascii_case(argument.substr(argument.size() - kKeyword.size()), kKeyword)) {
    out.smtputf8 = true;
    argument.remove_suffix(kKeyword.size());
  }
  argument = trimmed(argument);
  if (argument.empty() || argument.size() > 2 * kMaxPathOctets)
    return syntax(verb, fmt::format("{} address", to_string(verb)));
  if (!is_ascii(argument) && !out.smtputf8) return bad_address(verb, AddressFault::kUtf8NotAllowed);
  out.argument = argument;
  return out;
}

Parsed parse_auth(std::string_view argument) {
  constexpr std::string_view kUsage = "AUTH mechanism [initial-response]";
  AuthCommand out;
  const std::string_view mechanism = next_word(argument);
  const std::string_view response = next_word(argument);
  const bool fine = std::ranges::all_of(mechanism, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
  // RFC 4422 s3.1: 1..20 characters.
  if (!fine || mechanism.empty() || mechanism.size() > 20 || !trimmed(argument).empty() ||
      !is_ascii(response))
    return syntax(Verb::kAuth, kUsage);
  for (const char c : mechanism)
    out.mechanism += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (!response.empty()) out.initial_response = std::string(response);
  return out;
}

Parsed parse_etrn(std::string_view argument) {
  const std::string_view name = next_word(argument);
  std::string_view domain = name;
  if (domain.starts_with('@') || domain.starts_with('#')) domain.remove_prefix(1);
  if (!trimmed(argument).empty() || !is_valid_domain(domain))
    return syntax(Verb::kEtrn, "ETRN domain");
  return EtrnCommand{std::string(name)};
}

template <typename T>
Parsed parse_attributes(Verb verb, std::string_view argument) {
  constexpr std::array<std::string_view, 11> kNames = {
      "NAME",  "REVERSE_NAME", "ADDR",     "PORT",  "PROTO", "HELO",
      "LOGIN", "DESTADDR",     "DESTPORT", "IDENT", "SOURCE"};
  constexpr std::size_t kMaxValue = 255;
  T out;
  while (!(argument = trimmed(argument)).empty()) {
    const Parameter attribute = split_parameter(next_word(argument));
    const auto* const name = std::ranges::find_if(kNames, [&](std::string_view known) {
      return equals_ignoring_ascii_case(known, attribute.name);
    });
    if (name == kNames.end() || !attribute.value || out.attributes.size() == kNames.size())
      return syntax(verb, fmt::format("{} attribute=value...", to_string(verb)));
    auto value = decode_xtext(*attribute.value);
    if (!value || value->size() > kMaxValue) return bad_value(verb, *name);
    out.attributes.emplace_back(*name, std::move(*value));
  }
  if (out.attributes.empty())
    return syntax(verb, fmt::format("{} attribute=value...", to_string(verb)));
  return out;
}

template <typename T>
Parsed without_argument(Verb verb, std::string_view argument) {
  if (!argument.empty()) return syntax(verb, to_string(verb));
  return T{};
}

Parsed dispatch(Verb verb, std::string_view argument, const CommandOptions& options) {
  switch (verb) {
    case Verb::kHelo:
    case Verb::kEhlo:
    case Verb::kLhlo: return parse_hello(verb, argument);
    case Verb::kMail: return parse_mail(argument, options);
    case Verb::kRcpt: return parse_rcpt(argument, options);
    case Verb::kData: return without_argument<DataCommand>(verb, argument);
    case Verb::kBdat: return parse_bdat(argument);
    case Verb::kRset: return without_argument<RsetCommand>(verb, argument);
    case Verb::kNoop: return NoopCommand{};  // RFC 5321 s4.1.1.9: the argument is ignored
    case Verb::kQuit: return without_argument<QuitCommand>(verb, argument);
    case Verb::kVrfy: return parse_verify<VrfyCommand>(verb, argument, options);
    case Verb::kExpn: return parse_verify<ExpnCommand>(verb, argument, options);
    case Verb::kHelp: return HelpCommand{std::string(argument)};
    case Verb::kStartTls: return without_argument<StartTlsCommand>(verb, argument);
    case Verb::kAuth: return parse_auth(argument);
    case Verb::kEtrn: return parse_etrn(argument);
    case Verb::kXclient: return parse_attributes<XclientCommand>(verb, argument);
    case Verb::kXforward: return parse_attributes<XforwardCommand>(verb, argument);
    case Verb::kUnknown: break;
  }
  return UnknownCommand{};
}

}  // namespace

std::optional<std::uint64_t> parse_octet_count(std::string_view digits) {
  if (digits.empty() || digits.size() > 19) return std::nullopt;  // 2^63 has 19 digits
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value >= (std::uint64_t{1} << 63)) return std::nullopt;
  return value;
}

std::expected<Command, CommandError> parse_command(std::string_view line,
                                                   const CommandOptions& options) {
  const Verb verb = verb_of(line);
  const bool has_control =
      std::ranges::any_of(line, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (has_control || !is_valid_utf8(line))
    return failure(verb, CommandFault::kOctets, 501, {5, 5, 2},
                   "Syntax error: octets that no command may hold");
  const std::string_view word = line.substr(0, line.find(' '));
  if (verb == Verb::kUnknown) {
    if (!is_ascii(line))
      return failure(verb, CommandFault::kOctets, 501, {5, 5, 2}, "Syntax error: not ASCII");
    return UnknownCommand{std::string(word.substr(0, 64))};
  }
  return dispatch(verb, trimmed(line.substr(word.size())), options);
}

}  // namespace postern::smtp
