#include "core/smtp/capabilities.h"

#include <algorithm>
#include <string_view>

#include "core/mail/mailbox.h"
#include "core/smtp/command_parser.h"

namespace postern::smtp {
namespace {

constexpr std::size_t kMaxWords = 32;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

std::vector<std::string> words_of(std::string_view text, std::string_view separators) {
  std::vector<std::string> words;
  while (words.size() < kMaxWords) {
    const std::size_t start = text.find_first_not_of(separators);
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const std::size_t length = std::min(text.find_first_of(separators), text.size());
    words.push_back(upper(text.substr(0, length)));
    text.remove_prefix(length);
  }
  return words;
}

void add_words(std::vector<std::string>& to, const std::vector<std::string>& words) {
  for (std::size_t i = 1; i < words.size() && to.size() < kMaxWords; ++i)
    if (std::ranges::find(to, words[i]) == to.end()) to.push_back(words[i]);
}

void apply(const std::vector<std::string>& words, Capabilities& out) {
  const std::string& keyword = words.front();
  if (keyword == "PIPELINING") out.pipelining = true;
  if (keyword == "8BITMIME") out.eight_bit_mime = true;
  if (keyword == "BINARYMIME") out.binary_mime = true;
  if (keyword == "DSN") out.dsn = true;
  if (keyword == "SMTPUTF8") out.smtputf8 = true;
  if (keyword == "CHUNKING") out.chunking = true;
  if (keyword == "STARTTLS") out.starttls = true;
  if (keyword == "ENHANCEDSTATUSCODES") out.enhanced_status_codes = true;
  if (keyword == "REQUIRETLS") out.requiretls = true;
  if (keyword == "AUTH") add_words(out.auth_mechanisms, words);
  if (keyword == "XCLIENT") add_words(out.xclient_attributes, words);
  if (keyword == "XFORWARD") add_words(out.xforward_attributes, words);
  if (keyword == "SIZE") {
    out.size = true;
    const auto limit = words.size() > 1 ? parse_octet_count(words[1]) : std::nullopt;
    if (limit && *limit != 0) out.max_size = limit;
  }
}

}  // namespace

Capabilities parse_capabilities(const mail::Reply& reply, std::span<const std::string> discard) {
  Capabilities out;
  const std::vector<std::string>& lines = reply.lines();
  if (lines.empty()) return out;
  out.name = lines.front().substr(0, lines.front().find(' '));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    // "AUTH=LOGIN PLAIN" is how servers spoke to very old clients; the words mean the same.
    const bool is_old_auth =
        mail::equals_ignoring_ascii_case(std::string_view(lines[i]).substr(0, 5), "AUTH=");
    const auto words = words_of(lines[i], is_old_auth ? " \t=" : " \t");
    if (words.empty()) continue;
    const bool discarded = std::ranges::any_of(discard, [&](const std::string& name) {
      return mail::equals_ignoring_ascii_case(name, words.front());
    });
    if (!discarded) apply(words, out);
  }
  return out;
}

}  // namespace postern::smtp
