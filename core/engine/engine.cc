#include "core/engine/engine.h"

#include "core/base/log.h"
#include "core/engine/engine_parts.h"
#include "core/engine/options/log.h"

namespace postern::engine {

Result<std::unique_ptr<Engine>> Engine::start(EngineOptions options) {
  auto parts = std::make_unique<Parts>(std::move(options));
  if (auto started = parts->start(); !started) {
    parts->stop();
    return std::unexpected(started.error());
  }
  return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Engine::~Engine() { stop(); }

ReloadOutcome Engine::reload() { return parts_->reload(); }
void Engine::stop() { parts_->stop(); }
queue::Queue& Engine::queue() { return parts_->queue(); }
pid_t Engine::agent() const { return parts_->agent.pid; }

void Engine::reopen_log() {
  const std::lock_guard lock(parts_->reload_mutex);
  auto options = log_options(parts_->site->settings);
  const auto done = options ? log::configure(*options) : std::unexpected(options.error());
  if (!done) log::error("postern-script", "log not reopened: {}", done.error().describe());
}

std::vector<net::SocketAddress> Engine::addresses() const {
  const std::lock_guard lock(parts_->reload_mutex);
  return parts_->listeners->addresses();
}

}  // namespace postern::engine
