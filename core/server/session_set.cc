#include "core/server/session_set.h"

#include "core/base/check.h"
#include "core/server/session.h"

namespace postern::server {
namespace {

// The coroutine owns its session.
net::Task<void> run_session(std::unique_ptr<Session> session) { co_await session->run(); }

}  // namespace

SessionSet::~SessionSet() { POSTERN_CHECK(sessions_.empty()); }

void SessionSet::begin(std::shared_ptr<const ServerSite> site, UniqueFd fd,
                       const net::SocketAddress& peer) {
  tasks_.spawn(
      run_session(std::make_unique<Session>(loop_, std::move(site), *this, std::move(fd), peer)));
}

// A session that is told may end at once and leave the set, so the set is walked in a copy.
void SessionSet::drain() {
  draining_ = true;
  const std::vector<Session*> all(sessions_.begin(), sessions_.end());
  for (Session* session : all)
    if (sessions_.contains(session)) session->drain();
}

void SessionSet::abort() {
  draining_ = true;
  const std::vector<Session*> all(sessions_.begin(), sessions_.end());
  for (Session* session : all)
    if (sessions_.contains(session)) session->abort();
}

}  // namespace postern::server
