// Both our sides against each other, and openssl(1) as a peer.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include "core/net/dial.h"
#include "tests/unit/tls/server_fixture.h"

namespace postern::tls {
namespace {

class TlsStreamTest : public TlsTest {
 protected:
  static std::shared_ptr<const ClientContext> client(ClientOptions options = {}) {
    return ClientContext::make(std::move(options)).value();
  }
  static ClientOptions with_roots(const std::string& file) {
    ClientOptions out;
    out.ca_file = file;
    return out;
  }
  std::pair<SessionInfo, Served> shake(ServerOptions server, ClientOptions options,
                                       std::string server_name);
};

net::Task<Result<SessionInfo>> greet(net::Loop& loop, UniqueFd fd,
                                     std::shared_ptr<const ClientContext> context,
                                     std::string server_name) {
  auto plain = testing::plain_stream(loop, std::move(fd));
  auto connected = co_await connect_tls(std::move(plain), std::move(context),
                                        std::move(server_name), testing::test_deadline());
  if (!connected) co_return std::unexpected(connected.error());
  TlsStream& stream = **connected;
  EXPECT_TRUE(stream.is_tls());
  char buffer[64];
  auto count = co_await stream.read_some(buffer, testing::test_deadline());
  if (!count) co_return std::unexpected(count.error());
  EXPECT_EQ(std::string_view(buffer, *count), kGreeting);
  const auto written = co_await stream.write_all("QUIT\r\n", testing::test_deadline());
  EXPECT_TRUE(written);
  stream.shutdown();
  count = co_await stream.read_some(buffer, testing::test_deadline());
  EXPECT_EQ(count.value_or(99), 0u);  // the server's close_notify
  co_return stream.info();
}

std::pair<SessionInfo, Served> TlsStreamTest::shake(ServerOptions server, ClientOptions options,
                                                    std::string server_name) {
  auto [fd, served] = start(make(std::move(server)));
  const auto info = run(greet(loop(), std::move(fd), client(std::move(options)), server_name));
  EXPECT_TRUE(info) << info.error().describe();
  return {info.value_or(SessionInfo()), served.get()};
}

TEST_F(TlsStreamTest, BothSidesAgree) {
  const auto [ours, theirs] = shake(options(), {}, "mx.example.org");
  ASSERT_TRUE(theirs.info);
  EXPECT_EQ(ours.describe(), theirs.info->describe());
  EXPECT_EQ(ours.server_name, "mx.example.org");
  EXPECT_EQ(theirs.info->server_name, "mx.example.org");
  EXPECT_EQ(ours.peer_name, "default");
  EXPECT_FALSE(ours.is_verified);  // nothing to verify with
  EXPECT_EQ(theirs.received, "QUIT\r\n");
  EXPECT_FALSE(theirs.error) << theirs.error->describe();
}

TEST_F(TlsStreamTest, AddressesAndOddNamesAreNoServerName) {
  for (const char* name : {"", "192.0.2.1", "2001:db8::1", "a b", "x/y"}) {
    const auto [ours, theirs] = shake(options(), {}, name);
    EXPECT_EQ(theirs.info.value().server_name, "") << name;
  }
}

TEST_F(TlsStreamTest, CertificateOfATrustedAuthorityIsVerified) {
  const testing::TestCertificate authority({.common_name = "authority", .is_authority = true});
  const testing::TestCertificate leaf({.common_name = "leaf"}, &authority);
  const auto leaf_files = leaf.write(directory_, "leaf");
  const std::string roots = directory_.write("roots.pem", authority.certificate_pem());
  ServerOptions trusted = options();
  trusted.chains = {{leaf_files.certificate, leaf_files.key}};
  EXPECT_TRUE(shake(trusted, with_roots(roots), "localhost").first.is_verified);
  EXPECT_FALSE(shake(trusted, {}, "localhost").first.is_verified);
  EXPECT_FALSE(shake(options(), with_roots(roots), "localhost").first.is_verified);
}

TEST_F(TlsStreamTest, PeersNameIsPrintable) {
  ServerOptions values = options();
  values.chains = {files({.common_name = "evil\r\n250 ok\x01"}, "evil")};
  EXPECT_EQ(shake(values, {}, "").first.peer_name, "evil??250 ok?");
}

TEST_F(TlsStreamTest, RootsThatCannotBeReadSaySo) {
  const std::string file = directory_.write("none.pem", "no certificate");
  for (const std::string& path : {file, directory_ / "missing"}) {
    const auto made = ClientContext::make(with_roots(path));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::kInvalid);
    EXPECT_NE(made.error().context.find(path), std::string::npos) << made.error().context;
  }
}

TEST_F(TlsStreamTest, NoVersionInCommonIsInvalidOnBothSides) {
  ServerOptions values = options();
  values.versions = {Version::kTls13, Version::kTls13};
  auto [fd, served] = start(make(values));
  ClientOptions only_old;
  only_old.versions = {Version::kTls12, Version::kTls12};
  const auto old = client(only_old);
  const auto info = run(greet(loop(), std::move(fd), old, ""));
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(info.error().context.find("alert protocol version"), std::string::npos)
      << info.error().context;
  EXPECT_EQ(served.get().error->kind, ErrorKind::kInvalid);
}

TEST_F(TlsStreamTest, ServerThatSpeaksInClearIsInvalid) {
  auto [fd, theirs] = testing::socket_pair();
  testing::send_all(theirs.get(), "454 4.7.0 TLS not available\r\n");
  const auto info = run(greet(loop(), std::move(fd), client(), ""));
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().kind, ErrorKind::kInvalid);
}

net::Task<Result<void>> send_under_tls(net::Loop& loop, UniqueFd fd,
                                       std::shared_ptr<const ClientContext> context,
                                       const std::string& octets, SteadyTime deadline) {
  auto plain = testing::plain_stream(loop, std::move(fd));
  auto connected =
      co_await connect_tls(std::move(plain), std::move(context), "", testing::test_deadline());
  if (!connected) co_return std::unexpected(connected.error());
  auto written = co_await (*connected)->write_all(octets, deadline);
  (*connected)->shutdown();
  co_return written;
}

TEST_F(TlsStreamTest, CarriesMoreThanRecordsAndBuffersTake) {
  std::string octets(8 << 20, '\0');
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<char>(i * 31 % 251);
  auto [fd, served] = start(make(options()));
  const auto sent =
      run(send_under_tls(loop(), std::move(fd), client(), octets, testing::test_deadline()));
  EXPECT_TRUE(sent) << sent.error().describe();
  const Served outcome = served.get();
  EXPECT_EQ(outcome.received, octets);
  EXPECT_FALSE(outcome.error) << outcome.error->describe();
}

net::Task<Result<void>> shake_and_hold(net::Loop& loop, UniqueFd fd,
                                       std::shared_ptr<const ServerContext> context,
                                       std::future<void>* release) {
  auto plain = testing::plain_stream(loop, std::move(fd));
  auto accepted =
      co_await accept_tls(std::move(plain), std::move(context), testing::test_deadline());
  if (!accepted) co_return std::unexpected(accepted.error());
  release->wait();  // a peer that does not read
  co_return Result<void>();
}

TEST_F(TlsStreamTest, WriteToAPeerThatDoesNotReadTimesOut) {
  testing::LoopFixture other;
  auto [near, far] = testing::socket_pair();
  std::promise<void> release;
  auto released = release.get_future();
  const auto context = make(options());
  auto held = std::async(std::launch::async, [&, fd = std::move(far)]() mutable {
    return testing::run(other.loop(),
                        shake_and_hold(other.loop(), std::move(fd), context, &released));
  });
  const std::string octets(8 << 20, 'm');
  const auto sent =
      run(send_under_tls(loop(), std::move(near), client(), octets, testing::in_milliseconds(100)));
  release.set_value();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().kind, ErrorKind::kTimeout) << sent.error().describe();
  EXPECT_TRUE(held.get());
}

net::Task<bool> reads_in_pieces(net::Loop& loop, UniqueFd fd,
                                std::shared_ptr<const ServerContext> context) {
  auto plain = testing::plain_stream(loop, std::move(fd));
  auto accepted =
      co_await accept_tls(std::move(plain), std::move(context), testing::test_deadline());
  if (!accepted) co_return false;
  TlsStream& stream = **accepted;
  char piece[4];
  std::string got;
  bool was_pending = false;
  while (got.size() < 12) {
    const auto ready = co_await stream.wait_readable(testing::test_deadline());
    if (!ready) co_return false;
    const auto step = stream.try_read(piece);
    if (!step) co_return false;
    got.append(piece, step->octets);
    was_pending = was_pending || stream.has_pending();
  }
  co_return was_pending&& got == "EHLO x.org\r\n";
}

// What was decrypted and not taken does not show at the socket any more.
TEST_F(TlsStreamTest, PendingOctetsNeedNoWait) {
  testing::LoopFixture other;
  auto [near, far] = testing::socket_pair();
  const auto context = make(options());
  auto is_right = std::async(std::launch::async, [&, fd = std::move(far)]() mutable {
    return testing::run(other.loop(), reads_in_pieces(other.loop(), std::move(fd), context));
  });
  EXPECT_TRUE(run(send_under_tls(loop(), std::move(near), client(), "EHLO x.org\r\n",
                                 testing::test_deadline())));
  EXPECT_TRUE(is_right.get());
}

// openssl s_client, one session; what it prints.
std::string s_client(const net::SocketAddress& server, const std::string& arguments) {
  const std::string command =
      fmt::format("echo QUIT | timeout 20 openssl s_client -connect {} -brief -ign_eof {} 2>&1",
                  server.to_string(), arguments);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::string out;
  char buffer[512];
  while (const std::size_t count = ::fread(buffer, 1, sizeof buffer, pipe.get()))
    out.append(buffer, count);
  return out;
}

net::Task<void> serve_one_line(net::Loop& loop, UniqueFd fd,
                               std::shared_ptr<const ServerContext> context) {
  auto plain = testing::plain_stream(loop, std::move(fd));
  auto accepted =
      co_await accept_tls(std::move(plain), std::move(context), testing::test_deadline());
  if (!accepted) co_return;
  char buffer[64];
  const auto count = co_await (*accepted)->read_some(buffer, testing::test_deadline());
  if (!count) co_return;
  const std::string reply = "221 " + std::string(buffer, *count);
  co_await (*accepted)->write_all(reply, testing::test_deadline());
  (*accepted)->shutdown();
}

class OpensslProgram : public TlsStreamTest {
 protected:
  std::string ask(const std::shared_ptr<const ServerContext>& context,
                  const std::string& arguments) {
    const testing::LoopbackSocket server;
    auto served = std::async(std::launch::async,
                             [&] { run(serve_one_line(loop(), server.accept(), context)); });
    return s_client(server.address, arguments);
  }
};

TEST_F(OpensslProgram, TalksToTheServer) {
  const std::string text = ask(make(options()), "-servername mx.example");
  EXPECT_NE(text.find("Protocol version: TLSv1.3"), std::string::npos) << text;
  EXPECT_NE(text.find("221 QUIT"), std::string::npos) << text;
}

TEST_F(OpensslProgram, GetsEachGroup) {
  for (const char* group : {"X25519", "P-256", "P-384"}) {
    const std::string text = ask(make(options()), fmt::format("-groups {}", group));
    EXPECT_NE(text.find("221 QUIT"), std::string::npos) << group << text;
  }
  const std::string text = ask(make(options()), "-groups X448");
  EXPECT_NE(text.find("handshake failure"), std::string::npos) << text;
}

TEST_F(OpensslProgram, Row052IsRefusedOldVersions) {
  for (const char* version : {"-tls1", "-tls1_1"}) {
    const std::string text =
        ask(make(options()), fmt::format("{} -cipher ALL:@SECLEVEL=0", version));
    EXPECT_NE(text.find("alert protocol version"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace postern::tls
