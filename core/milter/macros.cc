#include "core/milter/macros.h"

namespace postern::milter {
namespace {

constexpr std::string_view kWhiteSpace = " ,\t\r\n";

MacroSets make_postfix_defaults() {
  MacroSets out;
  const auto set = [&out](MacroStage stage, std::string_view names) {
    out.by_stage[static_cast<std::size_t>(stage)] = split_macro_names(names);
  };
  set(MacroStage::kConnect, "j {daemon_name} {daemon_addr} v _");
  set(MacroStage::kHelo, "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}");
  set(MacroStage::kMail,
      "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}");
  set(MacroStage::kRcpt, "i {rcpt_addr} {rcpt_host} {rcpt_mailer}");
  set(MacroStage::kData, "i");
  set(MacroStage::kEndOfHeaders, "i");
  set(MacroStage::kEndOfMessage, "i");
  return out;
}

MacroStage macro_stage(Stage stage) {
  switch (stage) {
    case Stage::kHelo: return MacroStage::kHelo;
    case Stage::kMail: return MacroStage::kMail;
    case Stage::kRcpt: return MacroStage::kRcpt;
    case Stage::kData: return MacroStage::kData;
    case Stage::kHeader:
    case Stage::kEndOfHeaders: return MacroStage::kEndOfHeaders;
    case Stage::kBody:
    case Stage::kEndOfMessage: return MacroStage::kEndOfMessage;
    case Stage::kNegotiation:
    case Stage::kUnknown:
    case Stage::kConnect: break;
  }
  return MacroStage::kConnect;
}

// "{i}" and "i" are one macro, and so are "daemon_name" and "{daemon_name}".
std::string canonical(std::string_view name) {
  if (name.size() >= 2 && name.front() == '{' && name.back() == '}')
    name = name.substr(1, name.size() - 2);
  if (name.size() == 1) return std::string(name);
  return "{" + std::string(name) + "}";
}

}  // namespace

const MacroSets& MacroSets::postfix_defaults() {
  static const MacroSets sets = make_postfix_defaults();
  return sets;
}

std::vector<std::string> split_macro_names(std::string_view list) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while ((at = list.find_first_not_of(kWhiteSpace, at)) != std::string_view::npos) {
    const std::size_t end = std::min(list.find_first_of(kWhiteSpace, at), list.size());
    out.emplace_back(list.substr(at, end - at));
    at = end;
  }
  return out;
}

const std::vector<std::string>& macro_names(Stage stage, const Profile& profile,
                                            const MacroSets& sets) {
  if (stage == Stage::kUnknown) return sets.unknown_command;
  const MacroStage own = macro_stage(stage);
  if (const auto* wanted = profile.macro_list(own)) return *wanted;
  return sets.by_stage[static_cast<std::size_t>(own)];
}

std::vector<MacroValue> expand_macros(const std::vector<std::string>& names,
                                      const MacroLookup& lookup) {
  std::vector<MacroValue> out;
  for (const std::string& name : names)
    if (auto value = lookup(canonical(name))) out.push_back({name, std::move(*value)});
  return out;
}

}  // namespace postern::milter
