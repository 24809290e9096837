// The list is cut into entries at commas, semicolons and the colons of groups that stand outside
// quotes, comments, angle brackets and literals.  While an entry is read its significant octets
// are gathered twice: all of them (for a bare address) and those inside <...>.
#include "core/mime/address_list.h"

#include <algorithm>
#include <optional>
#include <string>

namespace postern::mime {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_atext(unsigned char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80)
    return true;
  return std::string_view("!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) !=
         std::string_view::npos;
}

// An address without comments and white space: what lies between is kept as ' ' only where two
// words would else run together, which makes it malformed.
class AddressText {
 public:
  void add(char c) {
    if (gap_ && !text_.empty() && is_word(text_.back()) && is_word(c)) text_ += ' ';
    gap_ = false;
    text_ += c;
  }
  void add_gap() { gap_ = true; }
  void add_raw(std::string_view piece) { text_ += piece; }
  const std::string& text() const { return text_; }
  void clear() {
    text_.clear();
    gap_ = false;
  }

 private:
  static bool is_word(char c) { return is_atext(static_cast<unsigned char>(c)) || c == '"'; }
  std::string text_;
  bool gap_ = false;
};

std::optional<std::string> take_local_part(std::string_view& in) {
  std::string out;
  while (true) {
    if (in.starts_with('"')) {
      in.remove_prefix(1);
      while (!in.empty() && in.front() != '"') {
        if (in.front() == '\\' && in.size() > 1) in.remove_prefix(1);
        const auto c = static_cast<unsigned char>(in.front());
        if (c < 0x20 || c == 0x7F) return std::nullopt;
        out += in.front();
        in.remove_prefix(1);
      }
      if (in.empty()) return std::nullopt;
      in.remove_prefix(1);
    } else {
      std::size_t length = 0;
      while (length < in.size() && is_atext(static_cast<unsigned char>(in[length])))
        ++length;
      if (length == 0) return std::nullopt;
      out += in.substr(0, length);
      in.remove_prefix(length);
    }
    if (!in.starts_with('.')) return out;
    out += '.';
    in.remove_prefix(1);
  }
}

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  if (text.front() == '[')
    return text.back() == ']' && text.find_first_of(" \\[", 1) == std::string_view::npos;
  char previous = '.';
  for (const char c : text) {
    if (c == '.' ? previous == '.' : !is_atext(static_cast<unsigned char>(c))) return false;
    previous = c;
  }
  return previous != '.';
}

std::optional<mail::Mailbox> parse_address(std::string_view text) {
  if (text.starts_with('@')) {  // a route (RFC 5322 s4.4)
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  auto local = take_local_part(text);
  if (!local || local->empty()) return std::nullopt;
  if (text.empty()) return mail::Mailbox(std::move(*local), "");
  if (!text.starts_with('@')) return std::nullopt;
  text.remove_prefix(1);
  if (text.ends_with('.')) text.remove_suffix(1);
  if (!is_domain(text)) return std::nullopt;
  return mail::Mailbox(std::move(*local), std::string(text));
}

class ListParser {
 public:
  ListParser(std::string_view text, const AddressListLimits& limits)
      : text_(text), limits_(limits) {}

  AddressList run() {
    while (at_ < text_.size() && !out_.truncated)
      step();
    end_entry();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '(') return skip_comment();
    if (c == '"' || c == '[') return take_enclosed(c == '"' ? '"' : ']');
    ++at_;
    if (is_blank(c)) return entry_text().add_gap();
    if (in_angle_) {
      if (c == '>')
        in_angle_ = false;
      else
        angle_.add(c);
      return;
    }
    switch (c) {
      case '<':
        if (has_angle_) broken_ = true;
        in_angle_ = has_angle_ = true;
        return;
      case ',':
      case ';': return end_entry();
      case ':':  // "group name:"; what was read so far is its name
        plain_.clear();
        broken_ = has_angle_;
        return;
      case '>': broken_ = true; return;
      default: plain_.add(c);
    }
  }

  AddressText& entry_text() { return in_angle_ ? angle_ : plain_; }

  void skip_comment() {
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '(') {
        ++depth;
      } else if (text_[at_] == ')' && --depth == 0) {
        ++at_;
        break;
      }
    }
    at_ = std::min(at_, text_.size());
    entry_text().add_gap();
  }

  // A quoted string or a domain literal, up to and with `closing`; folds inside are dropped.
  void take_enclosed(char closing) {
    AddressText& to = entry_text();
    to.add(text_[at_++]);
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\r' || c == '\n') continue;
      if (c == '\\' && at_ < text_.size()) {
        to.add_raw(text_.substr(at_ - 1, 2));
        ++at_;
        continue;
      }
      to.add_raw(std::string_view(&c, 1));
      if (c == closing) return;
    }
    broken_ = true;
  }

  void end_entry() {
    const bool is_empty = !has_angle_ && plain_.text().empty();
    const std::string& text = has_angle_ ? angle_.text() : plain_.text();
    if (in_angle_) broken_ = true;
    if (!is_empty) {
      auto mailbox = broken_ ? std::nullopt : parse_address(text);
      if (!mailbox)
        ++out_.malformed;
      else if (out_.mailboxes.size() == limits_.max_addresses)
        out_.truncated = true;
      else
        out_.mailboxes.push_back(std::move(*mailbox));
    }
    plain_.clear();
    angle_.clear();
    in_angle_ = has_angle_ = broken_ = false;
  }

  std::string_view text_;
  const AddressListLimits& limits_;
  std::size_t at_ = 0;
  AddressText plain_;  // outside of <...>
  AddressText angle_;
  bool in_angle_ = false;
  bool has_angle_ = false;
  bool broken_ = false;
  AddressList out_;
};

}  // namespace

AddressList parse_address_list(std::string_view value, const AddressListLimits& limits) {
  return ListParser(value, limits).run();
}

}  // namespace postern::mime
