// Task<T>: a coroutine that runs on one Loop.  The one spelling of Asio's awaitable, so that the
// other folders name no Asio type.
// Rules that GCC 12 forces (CONTRIBUTING.md, "Coroutines"): a coroutine is a named function, never
// a capturing lambda; no capturing lambda stands inside a co_await expression; a view crosses a
// suspension only if its octets belong to an object that outlives the coroutine.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::net {

template <typename T>
using Task = boost::asio::awaitable<T>;

// Completion token: errors come back as values, nothing throws.  Awaited in place ("co_await
// timer.async_wait(nothrow)"), so a wait has no coroutine frame of its own.
inline constexpr auto nothrow = boost::asio::as_tuple(boost::asio::deferred);

}  // namespace postern::net
