#include <algorithm>
#include <array>
#include <bitset>
#include <cctype>
#include <string_view>

#include "core/tls/tls_options.h"

namespace postern::tls {
namespace {

constexpr std::size_t kVersions = 4;
using Set = std::bitset<kVersions>;  // by Version

struct Name {
  std::string_view name;
  std::string_view number;  // as it stands in the protocol; Postfix takes it as well
};
constexpr std::array<Name, kVersions> kNames{
    {{"TLSv1", "0301"}, {"TLSv1.1", "0302"}, {"TLSv1.2", "0303"}, {"TLSv1.3", "0304"}}};
constexpr std::string_view kRight =
    "write >=TLSv1.2, or names of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3, with ! for those left out";

bool equals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::optional<std::size_t> version_of(std::string_view name) {
  if (name.starts_with("0x")) name.remove_prefix(2);
  for (std::size_t i = 0; i < kVersions; ++i)
    if (equals(name, kNames[i].name) || name == kNames[i].number) return i;
  return std::nullopt;
}

bool is_ssl(std::string_view name) { return equals(name, "SSLv2") || equals(name, "SSLv3"); }

// What the words ask for.
struct Wishes {
  Set named;
  Set excluded;
  std::optional<std::size_t> floor;
  std::optional<std::size_t> ceiling;

  Result<void> take(std::string_view word) {
    const std::string_view whole = word;
    const bool is_floor = word.starts_with(">=");
    const bool is_ceiling = word.starts_with("<=");
    const bool is_excluded = word.starts_with("!");
    word.remove_prefix(is_floor || is_ceiling ? 2 : is_excluded ? 1 : 0);
    if (is_ssl(word)) {
      if (is_excluded) return {};  // always left out
      return fail(ErrorKind::kInvalid, "\"{}\": SSLv2 and SSLv3 are broken and never used; {}",
                  whole, kRight);
    }
    const auto version = version_of(word);
    if (!version)
      return fail(ErrorKind::kInvalid, "\"{}\" is no TLS version; {}", whole.substr(0, 64), kRight);
    if (is_floor) {
      floor = version;
    } else if (is_ceiling) {
      ceiling = version;
    } else {
      (is_excluded ? excluded : named).set(*version);
    }
    return {};
  }

  Set allowed() const {
    constexpr auto kDefaultFloor = static_cast<std::size_t>(Version::kTls12);
    const std::size_t last = ceiling.value_or(kVersions - 1);
    // A ceiling below 1.2 names an old version itself, so that one is meant.
    std::size_t first = floor.value_or(std::min(kDefaultFloor, last));
    if (named.any()) first = floor.value_or(0);
    Set out;
    for (std::size_t i = first; i <= last; ++i)
      out.set(i, (named.none() || named[i]) && !excluded[i]);
    return out;
  }
};

}  // namespace

Result<VersionRange> parse_protocols(const std::vector<std::string>& words) {
  Wishes wishes;
  for (const std::string& word : words) {
    // The colon between words is Postfix's older separator.
    std::string_view rest = word;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      if (end > 0)
        if (auto taken = wishes.take(rest.substr(0, end)); !taken)
          return std::unexpected(taken.error());
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  const Set allowed = wishes.allowed();
  if (allowed.none())
    return fail(ErrorKind::kInvalid, "the list leaves no TLS version; {}", kRight);
  std::size_t first = 0;
  while (!allowed[first])
    ++first;
  std::size_t last = kVersions - 1;
  while (!allowed[last])
    --last;
  // A peer offers a range (RFC 5246 E.1), so a hole would end sessions that could have worked.
  for (std::size_t i = first; i <= last; ++i)
    if (!allowed[i])
      return fail(ErrorKind::kInvalid, "the list leaves out {} between {} and {}; {}",
                  kNames[i].name, kNames[first].name, kNames[last].name, kRight);
  return VersionRange{static_cast<Version>(first), static_cast<Version>(last)};
}

}  // namespace postern::tls
