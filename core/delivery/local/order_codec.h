// The wire form of orders and their results between the engine and the privileged process.
// Pure.  The decoder trusts nothing: the engine talks to the network, so what arrives may be what
// somebody who took it over wants.  Lengths, counts, enumerations and NUL octets are checked, and
// nothing may follow.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/delivery/local/order.h"

namespace postern::delivery {

// One order in one packet.
constexpr std::size_t kMaxOrderOctets = 128 * 1024;
// A result: the text of a ReadOrder and some words.
constexpr std::size_t kMaxResultOctets = (4 << 20) + 64 * 1024;

// kLimit: larger than kMaxOrderOctets.
Result<std::string> encode_order(const Order& order);
Result<Order> decode_order(std::string_view packet);

std::string encode_result(const OrderResult& result);
Result<OrderResult> decode_result(std::string_view octets);

}  // namespace postern::delivery
