// One server session under test: handshake, greeting, then reading until the end.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>

#include "core/tls/tls_stream.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/stream_pair.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificate.h"

namespace postern::tls {

inline constexpr std::string_view kGreeting = "220 ready\r\n";

struct Served {
  std::optional<SessionInfo> info;  // nullopt: the handshake failed
  std::optional<Error> error;       // of the handshake, or of the end
  std::string received;             // what came under TLS
};

inline net::Task<Served> serve(net::Loop& loop, UniqueFd fd,
                               std::shared_ptr<const ServerContext> context, SteadyTime deadline) {
  Served out;
  auto plain = testing::plain_stream(loop, std::move(fd));
  auto accepted = co_await accept_tls(std::move(plain), std::move(context), deadline);
  if (!accepted) {
    out.error = accepted.error();
    co_return out;
  }
  TlsStream& stream = **accepted;
  out.info = stream.info();
  auto greeted = co_await stream.write_all(kGreeting, deadline);
  if (!greeted) out.error = greeted.error();
  std::string buffer(4096, '\0');
  while (!out.error) {
    auto count = co_await stream.read_some(buffer, deadline);
    if (!count) out.error = count.error();
    if (!count || *count == 0) break;
    out.received.append(buffer, 0, *count);
  }
  stream.shutdown();
  co_return out;
}

class TlsTest : public testing::LoopTest {
 protected:
  CertificateFiles files(const testing::CertificateOptions& options = {},
                         const std::string& name = "server") {
    const auto written = testing::TestCertificate(options).write(directory_, name);
    return {written.certificate, written.key};
  }
  ServerOptions options(std::string listener = "smtp") {
    ServerOptions out;
    if (default_files_.certificate.empty()) default_files_ = files({.common_name = "default"});
    out.chains = {default_files_};
    out.listener = std::move(listener);
    return out;
  }
  static std::shared_ptr<const ServerContext> make(ServerOptions options) {
    auto made = ServerContext::make(std::move(options));
    if (!made) throw std::runtime_error(made.error().describe());
    return std::move(*made);
  }
  // Starts a session; the client's end of the connection, and what will have come of it.
  std::pair<UniqueFd, std::future<Served>> start(std::shared_ptr<const ServerContext> context,
                                                 SteadyTime deadline = testing::test_deadline()) {
    auto [client, server] = testing::socket_pair();
    auto served =
        std::async(std::launch::async, [this, context, deadline, fd = std::move(server)]() mutable {
          return run(serve(loop(), std::move(fd), context, deadline));
        });
    return {std::move(client), std::move(served)};
  }

  testing::TempDir directory_;

 private:
  CertificateFiles default_files_;
};

}  // namespace postern::tls
