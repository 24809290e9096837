// smtp_idle_tls: holds idle SMTP sessions under STARTTLS, so that a bench can look at the server's
// memory.  Prints "idle=N" once all are there, then waits for the end of standard input.
//   smtp_idle_tls --port N --connections C
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "core/net/dial.h"
#include "core/net/task_group.h"
#include "core/tls/tls_stream.h"

namespace {

using namespace postern;  // NOLINT(google-build-using-namespace): one file, one purpose

SteadyTime soon() { return std::chrono::steady_clock::now() + Seconds(60); }

// Reads until the last line of one reply; false on any failure.
net::Task<bool> read_reply(net::Stream& stream) {
  std::string text;
  std::array<char, 512> buffer{};
  for (;;) {
    const auto got = co_await stream.read_some(buffer, soon());
    if (!got || *got == 0) co_return false;
    text.append(buffer.data(), *got);
    const std::size_t last = text.rfind('\n', text.size() - 2);
    const std::size_t begin = last == std::string::npos ? 0 : last + 1;
    if (text.back() == '\n' && text.size() > begin + 3 && text[begin + 3] == ' ')
      co_return text[begin] == '2';
  }
}

struct Held {
  std::vector<std::unique_ptr<net::Stream>> streams;
  unsigned failed = 0;
};

net::Task<void> open_sessions(net::Loop& loop, std::uint16_t port, unsigned count,
                              std::shared_ptr<const tls::ClientContext> context, Held& held) {
  for (unsigned i = 0; i < count; ++i) {
    auto socket = co_await net::dial(loop, *net::SocketAddress::ip("127.0.0.1", port), soon());
    if (!socket) {
      ++held.failed;
      continue;
    }
    auto plain = net::make_plain_stream(std::move(*socket));
    bool good = co_await read_reply(*plain);
    const std::string hello = "EHLO idle.test\r\n";
    const std::string start = "STARTTLS\r\n";
    good = good && (co_await plain->write_all(hello, soon())).has_value();
    good = good && co_await read_reply(*plain);
    good = good && (co_await plain->write_all(start, soon())).has_value();
    good = good && co_await read_reply(*plain);
    if (!good) {
      ++held.failed;
      continue;
    }
    auto secured = co_await tls::connect_tls(std::move(plain), context, "", soon());
    if (!secured || !(co_await (*secured)->write_all(hello, soon())) ||
        !co_await read_reply(**secured)) {
      ++held.failed;
      continue;
    }
    held.streams.push_back(std::move(*secured));
  }
  std::printf("idle=%zu\n", held.streams.size());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint16_t port = 25;
  unsigned connections = 1000;
  CLI::App app("Idle SMTP sessions under TLS");
  app.add_option("--port", port)->required();
  app.add_option("--connections", connections);
  CLI11_PARSE(app, argc, argv);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  auto context = tls::ClientContext::make({});
  if (!context) {
    std::fprintf(stderr, "smtp_idle_tls: %s\n", context.error().describe().c_str());
    return 1;
  }
  net::Loop loop;
  Held held;
  net::TaskGroup tasks(loop);
  loop.start("idle");
  loop.post([&] { tasks.spawn(open_sessions(loop, port, connections, *context, held)); });
  for (std::string line; std::getline(std::cin, line);) {
  }
  loop.stop();
  loop.join();
  return held.failed == 0 ? 0 : 1;
}
