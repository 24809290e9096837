// Which versions, suites and compressions a server takes, asked with ClientHellos made by hand: no
// library of today still offers what has to be refused.
#include <gtest/gtest.h>

#include "tests/unit/tls/server_fixture.h"

namespace postern::tls {
namespace {

std::string u16(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}
std::string vector8(const std::string& body) { return static_cast<char>(body.size()) + body; }
std::string vector16(const std::string& body) { return u16(body.size()) + body; }

struct Offer {
  int version = 0x0303;
  std::vector<int> suites;
  std::string compressions = std::string(1, '\0');
};

std::string client_hello(const Offer& offer) {
  std::string suites;
  for (const int suite : offer.suites)
    suites += u16(static_cast<std::size_t>(suite));
  const std::string groups = u16(0x001d) + u16(0x0017);  // X25519, P-256
  // ECDSA and RSA with SHA-256, RSA-PSS, and SHA-1 for the old versions.
  const std::string signatures =
      u16(0x0403) + u16(0x0401) + u16(0x0804) + u16(0x0203) + u16(0x0201);
  std::string extensions;
  if (offer.version > 0x0300)
    extensions = u16(10) + vector16(vector16(groups)) + u16(11) +
                 vector16(vector8(std::string(1, '\0'))) + u16(13) + vector16(vector16(signatures));
  std::string body = u16(static_cast<std::size_t>(offer.version)) + std::string(32, 'r') +
                     vector8("") + vector16(suites) + vector8(offer.compressions);
  if (!extensions.empty()) body += vector16(extensions);
  const std::string handshake = std::string("\x01\0", 2) + u16(body.size()) + body;
  const int record_version = offer.version == 0x0300 ? 0x0300 : 0x0301;
  return "\x16" + u16(static_cast<std::size_t>(record_version)) + vector16(handshake);
}

// What a ServerHello says; nullopt: an alert, or the end.
struct Answer {
  int version;
  int suite;
  int compression;
};
std::optional<Answer> answer_of(const std::string& octets) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(octets.at(i)); };
  if (octets.size() < 44 || at(0) != 0x16 || at(5) != 2) return std::nullopt;
  const std::size_t suite = 9 + 2 + 32 + 1 + at(43);
  return Answer{at(9) << 8 | at(10), at(suite) << 8 | at(suite + 1), at(suite + 2)};
}

class Policy : public TlsTest {
 protected:
  // Both kinds of key, so that no suite is refused for the lack of one.
  ServerOptions both_keys(CipherGrade grade = CipherGrade::kHigh) {
    ServerOptions out = options();
    if (rsa_.certificate.empty()) rsa_ = files({.is_rsa = true}, "rsa");
    out.chains.push_back(rsa_);
    out.ciphers = grade;
    return out;
  }
  std::optional<Answer> ask(const std::shared_ptr<const ServerContext>& context,
                            const Offer& offer) {
    auto [fd, served] = start(context);
    testing::send_all(fd.get(), client_hello(offer));
    ::shutdown(fd.get(), SHUT_WR);
    const std::string octets = testing::receive_all(fd.get());
    EXPECT_FALSE(served.get().info);
    return answer_of(octets);
  }

 private:
  CertificateFiles rsa_;
};

const std::vector<int> kGood{0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9};
// AES-CBC with ECDHE, AES with RSA key exchange.
const std::vector<int> kOld{0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc027,
                            0x002f, 0x0035, 0x003c, 0x009c, 0x009d};
const std::vector<int> kBroken{
    0x0004, 0x0005, 0xc007, 0xc011,                          // RC4
    0x000a, 0xc008, 0xc012, 0x0016,                          // 3DES
    0x0009, 0x0015,                                          // DES
    0x0001, 0x0002, 0x003b, 0xc006, 0xc010,                  // NULL
    0x0018, 0x001b, 0x0034, 0x003a, 0x00a6, 0xc017, 0xc018,  // anonymous
    0x0003, 0x0006, 0x0008, 0x0014, 0x0017, 0x0062,          // EXPORT
    0x0033, 0x0039, 0x009e, 0x009f, 0xccaa,                  // DHE
    0x008c, 0x00a8, 0xc035, 0xc01d, 0xc020, 0x0032, 0x0041,  // PSK, SRP, DSS, Camellia
};

TEST_F(Policy, TakesEachGoodSuite) {
  const auto context = make(both_keys());
  for (const int suite : kGood) {
    const auto answer = ask(context, {.suites = {suite}});
    ASSERT_TRUE(answer) << std::hex << suite;
    EXPECT_EQ(answer->suite, suite);
    EXPECT_EQ(answer->version, 0x0303);
  }
}

TEST_F(Policy, Row052OldVersionsAreRefused) {
  const auto context = make(both_keys());
  std::vector<int> suites = kGood;
  suites.insert(suites.end(), kOld.begin(), kOld.end());
  for (const int version : {0x0200, 0x0300, 0x0301, 0x0302})
    EXPECT_FALSE(ask(context, {.version = version, .suites = suites})) << std::hex << version;
}

TEST_F(Policy, Row052WeakSuitesAreRefused) {
  const auto context = make(both_keys());
  for (const auto* suites : {&kBroken, &kOld})
    for (const int suite : *suites)
      EXPECT_FALSE(ask(context, {.suites = {suite}})) << std::hex << suite;
  EXPECT_FALSE(ask(context, {.suites = kBroken}));
}

TEST_F(Policy, Row052MediumGradeAddsOldPeersAndNothingBroken) {
  const auto context = make(both_keys(CipherGrade::kMedium));
  for (const auto* suites : {&kGood, &kOld})
    for (const int suite : *suites) {
      const auto answer = ask(context, {.suites = {suite}});
      ASSERT_TRUE(answer) << std::hex << suite;
      EXPECT_EQ(answer->suite, suite);
    }
  for (const int suite : kBroken)
    EXPECT_FALSE(ask(context, {.suites = {suite}})) << std::hex << suite;
  // The server's order counts: a good suite is taken before an old one.
  EXPECT_EQ(ask(context, {.suites = {0x002f, 0xc013, 0xc02b}})->suite, 0xc02b);
}

TEST_F(Policy, Row052CompressionIsNeverUsed) {
  const auto context = make(both_keys());
  const auto answer = ask(context, {.suites = kGood, .compressions = std::string("\x01\x00", 2)});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->compression, 0);
  EXPECT_FALSE(ask(context, {.suites = kGood, .compressions = "\x01"}));
}

TEST_F(Policy, OldVersionsAreTakenWhereTheOperatorNamesThem) {
  ServerOptions values = both_keys(CipherGrade::kMedium);
  values.versions = {Version::kTls10, Version::kTls13};
  const auto context = make(values);
  for (const int version : {0x0301, 0x0302, 0x0303}) {
    const auto answer = ask(context, {.version = version, .suites = {0xc013}});
    ASSERT_TRUE(answer) << std::hex << version;
    EXPECT_EQ(answer->version, version);
  }
  EXPECT_FALSE(ask(context, {.version = 0x0300, .suites = {0xc013, 0x002f}}));
}

TEST_F(Policy, NewestVersionIsABound) {
  ServerOptions values = both_keys();
  values.versions = {Version::kTls13, Version::kTls13};
  EXPECT_FALSE(ask(make(values), {.suites = kGood}));
}

}  // namespace
}  // namespace postern::tls
