#include "core/tls/server_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace postern::tls {
namespace {

std::vector<unsigned char> extension_of(std::string_view name) {
  const std::size_t size = name.size();
  std::vector<unsigned char> out{
      static_cast<unsigned char>((size + 3) >> 8), static_cast<unsigned char>(size + 3), 0,
      static_cast<unsigned char>(size >> 8), static_cast<unsigned char>(size)};
  out.insert(out.end(), name.begin(), name.end());
  return out;
}

std::optional<std::string> parse(std::string_view name) {
  return parse_server_name(extension_of(name));
}

TEST(ServerName, IsReadInLowerCase) {
  EXPECT_EQ(parse("mx.example.org"), "mx.example.org");
  EXPECT_EQ(parse("MX1_a-b.Example.ORG"), "mx1_a-b.example.org");
  EXPECT_EQ(parse("x"), "x");
}

TEST(ServerName, Row054WhatIsNoHostNameIsNone) {
  using namespace std::string_view_literals;
  for (const auto name :
       {""sv, "a\\\0"sv, "\0"sv, "a\0b"sv, "../../x"sv, "a/b"sv, ".."sv, "."sv, ".a"sv, "a."sv,
        "a..b"sv, "a b"sv, "a\nb"sv, "\xc3\xa9.org"sv, "*"sv, "a:b"sv, "$(x)"sv})
    EXPECT_EQ(parse(name), std::nullopt) << name;
}

TEST(ServerName, LengthIsBounded) {
  EXPECT_TRUE(parse(std::string(254, 'a')));
  EXPECT_TRUE(parse(std::string(255, 'a')));
  EXPECT_FALSE(parse(std::string(256, 'a')));
  EXPECT_FALSE(parse(std::string(65'000, 'a')));
}

TEST(ServerName, LengthsThatLieAreNone) {
  const auto good = extension_of("mx.example.org");
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_server_name(std::span(good).first(size))) << size;
  auto longer = good;
  longer.push_back('x');
  EXPECT_FALSE(parse_server_name(longer));
  for (const std::size_t at : {0u, 1u, 2u, 3u, 4u}) {
    auto wrong = good;
    ++wrong[at];
    EXPECT_FALSE(parse_server_name(wrong)) << at;
  }
}

TEST(ServerName, ListOfTwoIsNone) {
  auto two = extension_of("a.example");
  const auto second = extension_of("b.example");
  two.insert(two.end(), second.begin() + 2, second.end());
  two[1] = static_cast<unsigned char>(two.size() - 2);
  EXPECT_FALSE(parse_server_name(two));
}

}  // namespace
}  // namespace postern::tls
