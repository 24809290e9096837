#include "core/engine/listener_set.h"

#include <fcntl.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "core/base/log.h"

namespace postern::engine {

Sessions::Sessions(net::LoopPool& loops) {
  for (std::size_t i = 0; i < loops.size(); ++i)
    places_.push_back(std::make_unique<Place>(loops.at(i)));
}

void Sessions::begin(std::shared_ptr<const server::ServerSite> site, UniqueFd fd,
                     net::SocketAddress peer) {
  Place& place = least_busy();
  if (place.loop.is_current()) return place.set.begin(std::move(site), std::move(fd), peer);
  place.arriving.fetch_add(1, std::memory_order_relaxed);
  auto start = [&place, site = std::move(site), fd = std::move(fd),
                peer = std::move(peer)]() mutable {
    place.arriving.fetch_sub(1, std::memory_order_relaxed);
    place.set.begin(std::move(site), std::move(fd), peer);
  };
  place.loop.post(std::move(start));
}

Sessions::Place& Sessions::least_busy() {
  Place* best = nullptr;
  std::size_t fewest = 0;
  for (const auto& place : places_) {
    const std::size_t busy = place->set.count() + place->arriving.load(std::memory_order_relaxed);
    // Ties stay where they are: to move a connection wakes another thread.
    if (best != nullptr && (busy > fewest || (busy == fewest && !place->loop.is_current())))
      continue;
    best = place.get();
    fewest = busy;
  }
  return *best;
}

std::size_t Sessions::count() const {
  std::size_t out = 0;
  for (const auto& place : places_)
    out += place->set.count();
  return out;
}

bool Sessions::wait_until_idle(std::chrono::milliseconds patience) {
  struct Countdown {
    std::mutex mutex;
    std::condition_variable ended;
    std::size_t open;
  };
  const auto countdown = std::make_shared<Countdown>();
  countdown->open = places_.size();
  const auto one_is_idle = [countdown] {
    const std::lock_guard lock(countdown->mutex);
    if (--countdown->open == 0) countdown->ended.notify_one();
  };
  for (const auto& place : places_)
    place->loop.post([&set = place->set, one_is_idle] { set.on_idle(one_is_idle); });
  std::unique_lock lock(countdown->mutex);
  return countdown->ended.wait_for(lock, patience, [&] { return countdown->open == 0; });
}

bool Sessions::stop(std::chrono::milliseconds patience) {
  constexpr std::chrono::seconds kAbortPatience{5};
  for (const auto& place : places_)
    place->loop.post([&set = place->set] { set.drain(); });
  if (wait_until_idle(patience)) return true;
  log::info("master", "{} sessions did not end in time: closed", count());
  for (const auto& place : places_)
    place->loop.post([&set = place->set] { set.abort(); });
  return wait_until_idle(kAbortPatience);
}

struct ListenerSet::Port {
  Socket socket;
  Current<server::ServerSite> site;
  std::unique_ptr<net::Listener> listener;
};

namespace {

// A machine without IPv6 has nothing to bind there, and inet_protocols = all does not insist.
bool is_absent_family(const BindPlan& plan, const Error& error) {
  return plan.address.family() == net::Family::kIpv6 &&
         (error.sys_errno == EAFNOSUPPORT || error.sys_errno == EADDRNOTAVAIL);
}

}  // namespace

Result<std::vector<ListenerSet::Socket>> ListenerSet::bind(const std::vector<BindPlan>& plans,
                                                           const std::vector<Socket>& bound) {
  std::vector<Socket> out;
  for (const BindPlan& plan : plans) {
    const std::string& service = plan.listener.endpoint->name;
    // Port 0, of tests, names as many sockets as there are services.
    const auto is_this = [&](const Socket& socket) {
      return socket.fd && socket.wanted == plan.address &&
             (plan.address.port() != 0 || socket.service == service);
    };
    if (const auto found = std::ranges::find_if(bound, is_this); found != bound.end()) {
      out.push_back(*found);
      continue;
    }
    auto fd = net::bind_listener(plan.address);
    if (fd) {
      out.push_back({plan.address, service, std::make_shared<UniqueFd>(std::move(*fd))});
    } else if (is_absent_family(plan, fd.error())) {
      log::info("master", "{}", fd.error().describe());
      out.push_back({plan.address, service, nullptr});
    } else {
      return fail(fd.error().kind, "{}: {}{}", plan.listener.endpoint->place.describe(),
                  fd.error().describe(),
                  fd.error().sys_errno == EACCES
                      ? "; a port below 1024 is bound at start, before root's rights are dropped"
                      : "");
    }
  }
  return out;
}

std::vector<ListenerSet::Socket> ListenerSet::sockets() const {
  std::vector<Socket> out;
  for (const auto& port : ports_)
    out.push_back(port->socket);
  return out;
}

void ListenerSet::apply(std::vector<Socket> sockets,
                        std::vector<std::shared_ptr<const server::ServerSite>> sites) {
  std::vector<std::shared_ptr<Port>> ports;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (!sockets[i].fd) continue;
    const auto is_this = [&](const std::shared_ptr<Port>& port) {
      return port->socket.fd == sockets[i].fd;
    };
    if (const auto found = std::ranges::find_if(ports_, is_this); found != ports_.end()) {
      (*found)->site.set(std::move(sites[i]));
      ports.push_back(*found);
      continue;
    }
    auto port = std::make_shared<Port>();
    port->socket = std::move(sockets[i]);
    port->site.set(std::move(sites[i]));
    auto on_accept = [&sessions = sessions_, target = std::weak_ptr<Port>(port)](
                         UniqueFd fd, const net::SocketAddress& peer) {
      if (const auto open = target.lock()) sessions.begin(open->site.get(), std::move(fd), peer);
    };
    UniqueFd shared(::fcntl(port->socket.fd->get(), F_DUPFD_CLOEXEC, 0));
    if (!shared) {
      log::error("master", "{}", fail_errno("listen").error().describe());
      continue;
    }
    port->listener =
        std::make_unique<net::Listener>(loops_.next(), std::move(shared), std::move(on_accept));
    port->listener->start();
    if (const auto address = net::local_address(port->socket.fd->get()))
      log::info("master", "listening on {}", address->to_string());
    ports.push_back(std::move(port));
  }
  // What is not in the new list closes with its last owner here.
  for (const auto& old : ports_)
    if (std::ranges::find(ports, old) == ports.end()) {
      log::info("master", "no longer listening on {}", old->socket.wanted.to_string());
      old->listener->stop();
    }
  ports_ = std::move(ports);
}

void ListenerSet::stop() {
  for (const auto& port : ports_)
    port->listener->stop();
  ports_.clear();
}

std::vector<net::SocketAddress> ListenerSet::addresses() const {
  std::vector<net::SocketAddress> out;
  for (const auto& port : ports_)
    if (auto address = net::local_address(port->socket.fd->get()))
      out.push_back(std::move(*address));
  return out;
}

}  // namespace postern::engine
