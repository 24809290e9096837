#include "core/maps/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <regex.h>

namespace postern::maps {
namespace {

constexpr std::size_t kMaxGroups = 100;

class PosixRegex final : public Regex {
 public:
  PosixRegex() = default;
  PosixRegex(const PosixRegex&) = delete;
  PosixRegex& operator=(const PosixRegex&) = delete;
  ~PosixRegex() override {
    if (is_compiled_) ::regfree(&expression_);
  }

  Result<void> compile(const std::string& pattern, int options) {
    if (const int status = ::regcomp(&expression_, pattern.c_str(), options); status != 0) {
      char text[256];
      ::regerror(status, &expression_, text, sizeof text);
      return fail(ErrorKind::kInvalid, "/{:.100}/: {}", pattern, text);
    }
    is_compiled_ = true;
    return {};
  }
  std::size_t group_count() const override { return expression_.re_nsub; }
  bool matches(const std::string& subject, std::vector<std::string_view>* groups,
               std::string*) const override {
    regmatch_t found[kMaxGroups];
    const std::size_t wanted =
        groups == nullptr ? 0 : std::min(kMaxGroups, std::size_t{expression_.re_nsub} + 1);
    if (::regexec(&expression_, subject.c_str(), wanted, found, 0) != 0) return false;
    for (std::size_t i = 0; i < wanted; ++i)
      groups->push_back(found[i].rm_so < 0
                            ? std::string_view()
                            : std::string_view(subject).substr(
                                  static_cast<std::size_t>(found[i].rm_so),
                                  static_cast<std::size_t>(found[i].rm_eo - found[i].rm_so)));
    return true;
  }

 private:
  regex_t expression_{};
  bool is_compiled_ = false;
};

struct FreeCode {
  void operator()(pcre2_code* code) const { ::pcre2_code_free(code); }
};
struct FreeMatchData {
  void operator()(pcre2_match_data* data) const { ::pcre2_match_data_free(data); }
};
struct FreeMatchContext {
  void operator()(pcre2_match_context* context) const { ::pcre2_match_context_free(context); }
};

class PerlRegex final : public Regex {
 public:
  PerlRegex(pcre2_code* code, const TableOptions& options)
      : code_(code), context_(::pcre2_match_context_create(nullptr)) {
    ::pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // without JIT the interpreter serves
    ::pcre2_set_match_limit(context_.get(), options.pcre_match_limit);
    ::pcre2_set_depth_limit(context_.get(), options.pcre_depth_limit);
    std::uint32_t count = 0;
    ::pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &count);
    group_count_ = count;
  }

  std::size_t group_count() const override { return group_count_; }
  bool matches(const std::string& subject, std::vector<std::string_view>* groups,
               std::string* warning) const override {
    thread_local const std::unique_ptr<pcre2_match_data, FreeMatchData> data(
        ::pcre2_match_data_create(kMaxGroups, nullptr));
    const int status = ::pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(subject.data()),
                                     subject.size(), 0, 0, data.get(), context_.get());
    if (status < 0 && status != PCRE2_ERROR_NOMATCH && warning != nullptr) {
      PCRE2_UCHAR text[200];
      ::pcre2_get_error_message(status, text, sizeof text);
      *warning = reinterpret_cast<const char*>(text);
    }
    if (status < 0) return false;
    if (groups == nullptr) return true;
    const PCRE2_SIZE* offsets = ::pcre2_get_ovector_pointer(data.get());
    for (int i = 0; i < status; ++i)
      groups->push_back(offsets[2 * i] == PCRE2_UNSET
                            ? std::string_view()
                            : std::string_view(subject).substr(
                                  offsets[2 * i], offsets[2 * i + 1] - offsets[2 * i]));
    return true;
  }

 private:
  std::unique_ptr<pcre2_code, FreeCode> code_;
  std::unique_ptr<pcre2_match_context, FreeMatchContext> context_;
  std::size_t group_count_ = 0;
};

}  // namespace

Result<RegexPtr> compile_posix_regex(const std::string& pattern, std::string_view flags) {
  int options = REG_EXTENDED | REG_ICASE;
  for (const char flag : flags) {
    switch (flag) {
      case 'i': options ^= REG_ICASE; break;
      case 'm': options ^= REG_NEWLINE; break;
      case 'x': options ^= REG_EXTENDED; break;
      default: return fail(ErrorKind::kInvalid, "unknown regexp flag \"{}\"", flag);
    }
  }
  auto regex = std::make_shared<PosixRegex>();
  if (auto compiled = regex->compile(pattern, options); !compiled)
    return std::unexpected(compiled.error());
  return regex;
}

Result<RegexPtr> compile_perl_regex(const std::string& pattern, std::string_view flags,
                                    const TableOptions& limits) {
  std::uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL;
  for (const char flag : flags) {
    switch (flag) {
      case 'i': options ^= PCRE2_CASELESS; break;
      case 'm': options ^= PCRE2_MULTILINE; break;
      case 's': options ^= PCRE2_DOTALL; break;
      case 'x': options ^= PCRE2_EXTENDED; break;
      case 'A': options ^= PCRE2_ANCHORED; break;
      case 'E': options ^= PCRE2_DOLLAR_ENDONLY; break;
      case 'U': options ^= PCRE2_UNGREEDY; break;
      case 'X': break;  // PCRE2 is always that strict
      default: return fail(ErrorKind::kInvalid, "unknown pcre flag \"{}\"", flag);
    }
  }
  int status = 0;
  PCRE2_SIZE at = 0;
  pcre2_code* code = ::pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                     options, &status, &at, nullptr);
  if (code == nullptr) {
    PCRE2_UCHAR text[200];
    ::pcre2_get_error_message(status, text, sizeof text);
    return fail(ErrorKind::kInvalid, "/{:.100}/ at offset {}: {}", pattern, at,
                reinterpret_cast<const char*>(text));
  }
  return std::make_shared<PerlRegex>(code, limits);
}

}  // namespace postern::maps
