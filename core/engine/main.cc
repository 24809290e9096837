// posternd: the engine's process.  See engine.h for what it does; here only the command line, the
// signals and the exit code.
#include <signal.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>

#include <cstdio>

#include "core/base/log.h"
#include "core/engine/command_line.h"
#include "core/engine/engine.h"
#include "core/engine/site.h"

namespace {

using postern::engine::CommandLine;
using postern::engine::Engine;

sigset_t handled_signals() {
  sigset_t out;
  sigemptyset(&out);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGCHLD})
    sigaddset(&out, signal);
  return out;
}

postern::config::Loaded load(const CommandLine& line) {
  postern::config::LoadOptions options;
  options.need_master_cf = false;
  options.overrides = line.overrides;
  return postern::config::load_directory(line.directory, postern::config::Environment::system(),
                                         options);
}

int check(const CommandLine& line) {
  const auto loaded = load(line);
  std::fputs(loaded.diagnostics.describe().c_str(), stderr);
  if (!loaded.settings) return EX_CONFIG;
  if (const auto checked = postern::engine::check_site(*loaded.settings); !checked) {
    std::fprintf(stderr, "error: %s\n", checked.error().describe().c_str());
    return EX_CONFIG;
  }
  return EX_OK;
}

// Without it nothing reaches another user's mailbox, and only a start can bring it back.
void look_after_agent(const Engine& engine) {
  int status = 0;
  if (engine.agent() <= 0 || ::waitpid(engine.agent(), &status, WNOHANG) != engine.agent()) return;
  postern::log::fatal("master",
                      "the privileged delivery process ended (status {}); local mail waits in the "
                      "queue until the engine is restarted",
                      status);
}

// Until SIGTERM or SIGINT.
void serve(Engine& engine, const sigset_t& signals) {
  for (;;) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    switch (signal) {
      case SIGHUP: engine.reload(); break;
      case SIGUSR1: engine.reopen_log(); break;
      case SIGCHLD: look_after_agent(engine); break;
      default: return;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = EX_OK;
  const auto line = postern::engine::parse_command_line(argc, argv, exit_code);
  if (!line) return exit_code;
  if (line->check_only) return check(*line);
  // Blocked before there are threads, so that only serve() gets them.
  const sigset_t signals = handled_signals();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::tzset();
  auto engine = Engine::start({[&] { return load(*line); }, line->directory});
  if (!engine) {
    postern::log::fatal("posternd", "{}", engine.error().describe());
    postern::log::flush();
    std::fprintf(stderr, "posternd: fatal: %s\n", engine.error().describe().c_str());
    return engine.error().kind == postern::ErrorKind::kInvalid ? EX_CONFIG : EX_TEMPFAIL;
  }
  serve(**engine, signals);
  (*engine)->stop();
  return EX_OK;
}
