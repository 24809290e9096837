#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "core/tls/sni_contexts.h"
#include "tests/unit/tls/raw_client.h"
#include "tests/unit/tls/server_fixture.h"

namespace postern::tls {
namespace {

class Sni : public TlsTest {
 protected:
  std::string chain_file(const std::string& name) {
    const testing::TestCertificate certificate({.common_name = name});
    const std::string file =
        directory_.write(name + ".chain", certificate.key_pem() + certificate.certificate_pem());
    ::chmod(file.c_str(), 0600);
    return file;
  }
  std::shared_ptr<const ServerContext> with_table(
      std::map<std::string, std::vector<std::string>> table) {
    ServerOptions values = options();
    values.sni =
        [this, table](const std::string& name) -> Result<std::optional<std::vector<std::string>>> {
      {
        const std::lock_guard lock(mutex_);
        asked_.insert(name);
      }
      if (name == "broken.example") return fail(ErrorKind::kUnavailable, "table is gone");
      const auto found = table.find(name);
      if (found == table.end()) return std::nullopt;
      return found->second;
    };
    return make(std::move(values));
  }
  // The name in the certificate that a client gets; "" where the handshake fails.
  std::string certificate_for(const std::shared_ptr<const ServerContext>& context,
                              const std::string& name, int version = TLS1_3_VERSION) {
    auto [fd, served] = start(context);
    RawClient client(std::move(fd), {.newest = version, .server_name = name});
    std::string out;
    if (client.handshake()) out = client.certificate_name();
    client.close();
    served.get();
    return out;
  }
  std::set<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> asked_;
};

TEST_F(Sni, EachNameGetsItsCertificate) {
  const auto context =
      with_table({{"one.example", {chain_file("one")}}, {"two.example", {chain_file("two")}}});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(certificate_for(context, "one.example", version), "one");
    EXPECT_EQ(certificate_for(context, "TWO.example", version), "two");
    EXPECT_EQ(certificate_for(context, "three.example", version), "default");
    EXPECT_EQ(certificate_for(context, "", version), "default");
  }
}

TEST_F(Sni, FailedLookupOrFileGetsTheDefault) {
  const auto context =
      with_table({{"nofile.example", {directory_ / "none"}}, {"nothing.example", {}}});
  EXPECT_EQ(certificate_for(context, "broken.example"), "default");
  EXPECT_EQ(certificate_for(context, "nofile.example"), "default");
  EXPECT_EQ(certificate_for(context, "nothing.example"), "default");
}

// SSL_set_tlsext_host_name takes any C string, so a client can ask for these.
TEST_F(Sni, Row054OddNamesGetTheDefaultAndNeverReachTheTable) {
  const auto context = with_table({});
  for (const std::string& name :
       {std::string("../../x"), std::string("a\\"), std::string("/etc/passwd"), std::string(".."),
        std::string("a b"), std::string("x\r\ny"), std::string("%s%n")})
    EXPECT_EQ(certificate_for(context, name), "default") << name;
  EXPECT_TRUE(asked().empty());
  EXPECT_EQ(certificate_for(context, std::string(255, 'a')), "default");
  EXPECT_EQ(asked(), std::set<std::string>{std::string(255, 'a')});
}

// A name with NUL, an empty one and lengths that lie need a ClientHello made by hand: the client's
// own is captured, and its name changed in place.
TEST_F(Sni, Row054NulAndEmptyNamesAreRefusedOrGetTheDefault) {
  const auto context = with_table({});
  auto [near, far] = testing::socket_pair();
  {
    RawClient client(std::move(near), {.server_name = "abcdefgh.example"});
    SSL_set_mode(client.native(), SSL_MODE_AUTO_RETRY);
    ::shutdown(far.get(), SHUT_WR);  // the client writes its hello and meets the end
    EXPECT_FALSE(client.handshake());
  }
  const std::string hello = testing::receive_all(far.get());
  const std::size_t at = hello.find("abcdefgh.example");
  ASSERT_NE(at, std::string::npos);
  std::vector<std::string> changed(4, hello);
  changed[0].replace(at, 2, std::string("\\\0", 2));
  changed[1].replace(at, 16, std::string(16, '\0'));
  changed[2].replace(at - 2, 2, std::string("\0\0", 2));  // an empty name, and octets behind it
  changed[3].replace(at - 2, 2, "\xff\xff");
  for (const std::string& octets : changed) {
    auto [fd, served] = start(context);
    testing::send_all(fd.get(), octets);
    ::shutdown(fd.get(), SHUT_WR);
    testing::receive_all(fd.get());
    EXPECT_FALSE(served.get().info);
  }
  EXPECT_TRUE(asked().empty());
}

TEST_F(Sni, FilesAreReadOnce) {
  SniContexts contexts({}, CipherGrade::kHigh);
  const std::string file = chain_file("one");
  const ContextHandle first = contexts.get({file});
  ASSERT_NE(first, nullptr);
  std::filesystem::remove(file);
  EXPECT_EQ(contexts.get({file}).get(), first.get());
}

TEST_F(Sni, FailureIsLoggedOnce) {
  SniContexts contexts({}, CipherGrade::kHigh);
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(contexts.get({directory_ / "none"}), nullptr);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(log.find("none"), log.rfind("none")) << log;
}

TEST_F(Sni, CacheIsBounded) {
  constexpr std::size_t kLimit = 4;
  SniContexts contexts({}, CipherGrade::kHigh, kLimit);
  const auto held = contexts.get({chain_file("held")});
  ::testing::internal::CaptureStderr();  // one line for each file that is not there
  for (std::size_t i = 2; i <= kLimit; ++i) {
    EXPECT_EQ(contexts.get({directory_ / std::to_string(i)}), nullptr);
    EXPECT_EQ(contexts.size(), i);
  }
  contexts.get({directory_ / "one more"});
  EXPECT_EQ(contexts.size(), 1u);
  for (std::size_t i = 0; i < kLimit * 1000; ++i) {
    contexts.get({directory_ / std::to_string(i)});
    ASSERT_LE(contexts.size(), kLimit);
  }
  ::testing::internal::GetCapturedStderr();
  EXPECT_NE(SSL_CTX_get0_certificate(held.get()), nullptr);  // a share outlives the cache
}

}  // namespace
}  // namespace postern::tls
