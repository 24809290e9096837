// Engine: the process that joins everything: configuration, ports, spool, queue, sessions and
// deliveries, from start to stop.
//
// Order of a start: configuration, user, directories, the privileged delivery process (before there
// are threads), ports (they may need root), rights given up, spool, queue, sessions.  A stop is the
// reverse: no more connections, sessions end, attempts end, the spool is closed.
//
// start() and stop() on the thread of main; reload() and what operators ask on any.  Nothing else
// in the process starts threads before start().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config/loader.h"
#include "core/engine/admin_service.h"
#include "core/net/address.h"

namespace postern::engine {

struct EngineOptions {
  // Reads the configuration: at start, and again for each reload.
  std::function<config::Loaded()> load;
  std::string config_directory;  // for the status
};

class Engine {
 public:
  // Errors end the process: kInvalid where the configuration is at fault; the text says what.
  static Result<std::unique_ptr<Engine>> start(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // All or nothing: what is wrong leaves the running configuration in force.
  ReloadOutcome reload();
  // Opens the log file again, after it was rotated.
  void reopen_log();
  // Ends in order, within shutdown_timeout and a little.  Idempotent.
  void stop();

  // Where SMTP is spoken, in the order of master.cf.
  std::vector<net::SocketAddress> addresses() const;
  // The process that does what needs other users' rights; -1: there is none.
  pid_t agent() const;
  queue::Queue& queue();

 private:
  class Parts;
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace postern::engine
