#include "core/dns/native_lookup.h"

#include <netdb.h>

#include <algorithm>

namespace postern::dns {
namespace {

Status status_of(int code) {
  switch (code) {
    case 0: return Status::kFound;
    case EAI_NONAME: return Status::kNxDomain;
    case EAI_NODATA:
    case EAI_ADDRFAMILY: return Status::kNoData;
    default: return Status::kServFail;
  }
}

NativeAnswer ask(const std::string& host, std::uint16_t port, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  NativeAnswer answer;
  answer.status = status_of(::getaddrinfo(host.c_str(), nullptr, &hints, &list));
  if (answer.status != Status::kFound) return answer;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (answer.addresses.size() == kMaxNativeAddresses) break;
    auto address = net::SocketAddress::from_native(entry->ai_addr, entry->ai_addrlen);
    // Once more as text, for the port.
    auto with_port = net::SocketAddress::ip(address.host(), port);
    if (!with_port) continue;
    if (std::ranges::find(answer.addresses, *with_port) != answer.addresses.end()) continue;
    answer.addresses.push_back(std::move(*with_port));
  }
  ::freeaddrinfo(list);
  if (answer.addresses.empty()) answer.status = Status::kNoData;
  return answer;
}

}  // namespace

net::Task<NativeAnswer> native_lookup(net::Loop& loop, net::BlockingPool& pool, std::string host,
                                      std::uint16_t port, bool use_ipv4, bool use_ipv6,
                                      SteadyTime deadline) {
  const int family = use_ipv4 && use_ipv6 ? AF_UNSPEC : use_ipv6 ? AF_INET6 : AF_INET;
  net::Completion<NativeAnswer> done(loop);
  auto callback = done.callback();
  auto work = [host = std::move(host), port, family, callback = std::move(callback)]() mutable {
    callback(ask(host, port, family));
  };
  NativeAnswer failure;
  failure.status = Status::kBusy;
  if (!pool.try_run(std::move(work))) co_return failure;
  auto answer = co_await done.wait_until(deadline);
  if (answer) co_return std::move(*answer);
  failure.status = Status::kTimeout;
  co_return failure;
}

}  // namespace postern::dns
