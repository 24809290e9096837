#include "core/delivery/local/user_command.h"

#include "core/maps/text.h"

namespace postern::delivery {
namespace {

// What has no meaning to a shell, so that none is needed (local(8), "command delivery").
bool is_plain(std::string_view line) {
  for (const char c : line)
    if (c != ' ' && c != '\t' && c != '/' && censored(std::string_view(&c, 1))[0] != c)
      return false;
  return line.find('!') == std::string_view::npos;
}

// A plain line may still begin with something that only a shell knows.
bool is_builtin(std::string_view word) {
  for (const auto name :
       {"exec", "exit", "cd", "if", "for", "while", "case", "export", "set", "umask", "trap",
        "test", "true", "false", "read", "shift", "wait", "eval", "."})
    if (word == name) return true;
  return word.find('=') != std::string_view::npos;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> out;
  while (!(text = maps::trim(text)).empty()) {
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::vector<std::string> command_words(std::string_view line, std::string_view shell) {
  if (auto words = split_words(shell); !words.empty()) {
    words.emplace_back(line);
    return words;
  }
  auto words = split_words(line);
  if (!words.empty() && is_plain(line) && !is_builtin(words.front())) return words;
  return {"/bin/sh", "-c", std::string(line)};
}

std::vector<std::string> command_environment(const std::vector<std::string>& exported,
                                             const LocalNames& names,
                                             const mail::Envelope& envelope,
                                             std::string_view original_recipient) {
  auto out = exported;
  const auto put = [&out](std::string_view name, std::string_view value) {
    if (!value.empty()) out.push_back(fmt::format("{}={}", name, value));
  };
  if (names.user != nullptr) {
    put("HOME", names.user->home);
    put("LOGNAME", names.user->name);
    put("USER", names.user->name);
    put("SHELL", names.user->shell);
  }
  put("LOCAL", names.value("local"));
  put("DOMAIN", names.value("domain"));
  put("RECIPIENT", names.value("recipient"));
  put("EXTENSION", names.value("extension"));
  put("ORIGINAL_RECIPIENT", censored(original_recipient));
  const auto& sender = envelope.reverse_path;
  put("SENDER", sender ? censored(sender->to_lookup_key()) : "MAILER-DAEMON");
  const auto& client = envelope.client;
  put("CLIENT_ADDRESS", censored(client.address));
  put("CLIENT_HELO", censored(client.helo));
  put("CLIENT_HOSTNAME", censored(client.name));
  put("CLIENT_PROTOCOL", censored(client.protocol));
  put("SASL_METHOD", censored(client.sasl_method));
  put("SASL_USERNAME", censored(client.sasl_username));
  return out;
}

}  // namespace postern::delivery
