#include "core/delivery/smtp/xforward.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/smtp/xtext.h"

namespace postern::delivery {
namespace {

using Attribute = std::pair<std::string_view, std::string>;

// As xtext.  A line holds one value that a client chose, and short ones.
constexpr std::size_t kMaxValueOctets = 255;

// xtext of the longest part of `value` that fits; no "+XX" is cut.
std::string encoded(std::string_view value) {
  std::string out = smtp::encode_xtext(value.substr(0, kMaxValueOctets));
  if (out.size() <= kMaxValueOctets) return out;
  const std::size_t plus = out.rfind('+', kMaxValueOctets - 1);
  const bool is_cut = plus != std::string::npos && plus + 3 > kMaxValueOctets;
  out.resize(is_cut ? plus : kMaxValueOctets);
  return out;
}

// "" where nothing of it is taken.
std::string line_of(std::initializer_list<Attribute> attributes, const smtp::Capabilities& peer) {
  std::string out;
  for (const auto& [name, value] : attributes) {
    const auto& offered = peer.xforward_attributes;
    if (std::ranges::find(offered, name) == offered.end()) continue;
    const std::string_view shown = value.empty() ? "[UNAVAILABLE]" : std::string_view(value);
    out += fmt::format(" {}={}", name, encoded(shown));
  }
  return out.empty() ? out : fmt::format("XFORWARD{}\r\n", out);
}

}  // namespace

std::vector<std::string> xforward_lines(const mail::Attempt& attempt,
                                        const smtp::Capabilities& peer) {
  const mail::ClientInfo& client = attempt.envelope->client;
  const bool is_ipv6 = client.address.find(':') != std::string::npos;
  const bool is_local = attempt.envelope->origin != mail::Origin::kSmtp;
  std::vector<std::string> out;
  out.push_back(line_of({{"NAME", client.name},
                         {"ADDR", is_ipv6 ? "IPv6:" + client.address : client.address},
                         {"PORT", client.port != 0 ? std::to_string(client.port) : ""}},
                        peer));
  out.push_back(line_of({{"PROTO", client.protocol},
                         {"HELO", client.helo},
                         {"IDENT", attempt.id.to_string()},
                         {"SOURCE", is_local ? "LOCAL" : "REMOTE"}},
                        peer));
  std::erase(out, "");
  return out;
}

}  // namespace postern::delivery
