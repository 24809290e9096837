#include "core/tools/options.h"

namespace postern::tools {

int Options::bad(std::string text) {
  problem_ = std::move(text);
  return kBad;
}

int Options::next() {
  value_.clear();
  has_value_ = false;
  if (in_word_ == 0) {
    if (at_ == arguments_.size()) return kEnd;
    const std::string& word = arguments_[at_];
    if (word.size() < 2 || word[0] != '-') return kEnd;
    if (word == "--") {
      ++at_;
      return kEnd;
    }
    if (word[1] == '-') {
      ++at_;
      const std::size_t equals = word.find('=');
      long_name_ = word.substr(2, equals == word.npos ? word.npos : equals - 2);
      has_value_ = equals != word.npos;
      if (has_value_) value_ = word.substr(equals + 1);
      return kLong;
    }
    in_word_ = 1;
  }
  const std::string& word = arguments_[at_];
  const char letter = word[in_word_++];
  const auto end_word = [this] {
    ++at_;
    in_word_ = 0;
  };
  const std::size_t known = letters_.find(letter);
  if (letter == ':' || letter == ';' || known == letters_.npos) {
    if (in_word_ == word.size()) end_word();
    return bad(fmt::format("unknown option -{}", letter));
  }
  const char kind = known + 1 < letters_.size() ? letters_[known + 1] : '\0';
  if (kind != ':' && kind != ';') {
    if (in_word_ == word.size()) end_word();
    return letter;
  }
  if (in_word_ < word.size() || kind == ';') {
    has_value_ = in_word_ < word.size();
    value_ = word.substr(in_word_);
    end_word();
    return letter;
  }
  end_word();
  if (at_ == arguments_.size()) return bad(fmt::format("option -{} wants an argument", letter));
  has_value_ = true;
  value_ = arguments_[at_++];
  return letter;
}

bool Options::take_value() {
  if (has_value_) return true;
  if (at_ == arguments_.size()) return false;
  value_ = arguments_[at_++];
  return has_value_ = true;
}

}  // namespace postern::tools
