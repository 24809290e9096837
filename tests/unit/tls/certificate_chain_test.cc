#include "core/tls/certificate_chain.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "core/tls/context.h"
#include "tests/support/test_certificate.h"

namespace postern::tls {
namespace {

using testing::CertificateOptions;
using testing::TestCertificate;

class CertificateChain : public ::testing::Test {
 protected:
  Result<void> use(const CertificateFiles& files) {
    context_.reset(SSL_CTX_new(TLS_server_method()));
    warnings_.clear();
    return use_chain(context_.get(), files, warnings_);
  }
  std::string write(const std::string& name, const std::string& octets, mode_t mode = 0600) {
    const std::string file = directory_.write(name, octets);
    ::chmod(file.c_str(), mode);
    return file;
  }
  // The error names `file` and says `text`.
  void expect_error(const Result<void>& result, ErrorKind kind, const std::string& file,
                    std::string_view text) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, kind);
    const std::string described = result.error().describe();
    EXPECT_NE(described.find(file), std::string::npos) << described;
    EXPECT_NE(described.find(text), std::string::npos) << described;
  }
  std::size_t chain_length() const {
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs(context_.get(), &chain);
    return chain == nullptr ? 0 : static_cast<std::size_t>(sk_X509_num(chain));
  }

  testing::TempDir directory_;
  ContextHandle context_;
  std::vector<std::string> warnings_;
  const TestCertificate server_;
};

TEST_F(CertificateChain, TakesTwoFiles) {
  const auto files = server_.write(directory_);
  EXPECT_TRUE(use({files.certificate, files.key}));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CertificateChain, TakesOneFileInEitherOrder) {
  const auto one = write("a", server_.key_pem() + server_.certificate_pem());
  const auto other = write("b", server_.certificate_pem() + server_.key_pem());
  for (const std::string& file : {one, other}) {
    EXPECT_TRUE(use({file, file}));
    EXPECT_TRUE(use({file, ""}));
  }
}

TEST_F(CertificateChain, SendsTheIntermediates) {
  const TestCertificate authority({.common_name = "authority", .is_authority = true});
  const TestCertificate leaf({.common_name = "leaf"}, &authority);
  const auto file =
      write("c", leaf.key_pem() + leaf.certificate_pem() + authority.certificate_pem());
  ASSERT_TRUE(use({file, file}));
  EXPECT_EQ(chain_length(), 1u);
}

TEST_F(CertificateChain, OneFileHoldsSeveralChains) {
  const TestCertificate rsa({.is_rsa = true});
  const auto file = write(
      "d", rsa.key_pem() + rsa.certificate_pem() + server_.key_pem() + server_.certificate_pem());
  EXPECT_TRUE(use({file, file}));
  const auto unclear = write(
      "e", rsa.certificate_pem() + rsa.key_pem() + server_.key_pem() + server_.certificate_pem());
  expect_error(use({unclear, unclear}), ErrorKind::kInvalid, unclear, "before its certificates");
}

TEST_F(CertificateChain, CommentsAndOtherBlocksDoNoHarm) {
  const auto file = write("f", "Bag Attributes\n  friendlyName: x\n" + server_.key_pem() +
                                   "subject=CN = localhost\n" + server_.certificate_pem() + "\n\n");
  EXPECT_TRUE(use({file, file}));
}

TEST_F(CertificateChain, MissingFileSaysSo) {
  expect_error(use({directory_ / "none", ""}), ErrorKind::kNotFound, directory_ / "none",
               "No such file");
}

TEST_F(CertificateChain, UnreadableFileSaysSo) {
  const auto directory = directory_ / "sub";
  ASSERT_EQ(::mkdir(directory.c_str(), 0700), 0);
  expect_error(use({directory, ""}), ErrorKind::kInvalid, directory, "not a file");
  if (::geteuid() == 0) return;  // root reads everything
  const auto files = server_.write(directory_);
  ::chmod(files.key.c_str(), 0);
  expect_error(use({files.certificate, files.key}), ErrorKind::kPermission, files.key,
               "Permission denied");
}

TEST_F(CertificateChain, WhatIsNotPemSaysSo) {
  for (const std::string& octets :
       {std::string(), std::string("\x30\x82\x01\x0a\x00", 5), std::string(1000, '\0')}) {
    const auto file = write("g", octets);
    expect_error(use({file, file}), ErrorKind::kInvalid, file, "not PEM");
  }
}

TEST_F(CertificateChain, DamagedPemSaysSo) {
  std::string cut = server_.certificate_pem();
  cut.resize(cut.size() / 2);
  const auto file = write("h", cut);
  expect_error(use({file, file}), ErrorKind::kInvalid, file, "damaged");
  const auto block = write("i", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  expect_error(use({block, block}), ErrorKind::kInvalid, block, "damaged certificate");
}

TEST_F(CertificateChain, KeyOfAnotherCertificateSaysSo) {
  const auto files = server_.write(directory_);
  const auto other = TestCertificate().write(directory_, "other");
  expect_error(use({files.certificate, other.key}), ErrorKind::kInvalid, other.key,
               "is not that of the first certificate in " + files.certificate);
}

TEST_F(CertificateChain, ChainBeforeTheServersOwnSaysSo) {
  const TestCertificate authority({.common_name = "authority", .is_authority = true});
  const TestCertificate leaf({.common_name = "leaf"}, &authority);
  const auto file =
      write("j", leaf.key_pem() + authority.certificate_pem() + leaf.certificate_pem());
  expect_error(use({file, file}), ErrorKind::kInvalid, file, "must come first");
}

TEST_F(CertificateChain, MissingPartsSaySo) {
  const auto files = server_.write(directory_);
  expect_error(use({files.certificate, ""}), ErrorKind::kInvalid, files.certificate,
               "no private key");
  expect_error(use({files.key, ""}), ErrorKind::kInvalid, files.key, "no certificate");
  expect_error(use({files.certificate, files.certificate}), ErrorKind::kInvalid, files.certificate,
               "no private key");
}

TEST_F(CertificateChain, EncryptedKeySaysSo) {
  const auto block = write("k",
                           "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                           "-----END ENCRYPTED PRIVATE KEY-----\n" +
                               server_.certificate_pem());
  expect_error(use({block, block}), ErrorKind::kInvalid, block, "pass phrase");
}

TEST_F(CertificateChain, KeyThatEverybodyReadsIsRefused) {
  const auto files = server_.write(directory_);
  ::chmod(files.key.c_str(), 0640);  // a group of its own is right
  EXPECT_TRUE(use({files.certificate, files.key}));
  ::chmod(files.key.c_str(), 0644);
  expect_error(use({files.certificate, files.key}), ErrorKind::kPermission, files.key, "chmod 640");
}

TEST_F(CertificateChain, ExpiredAndEarlyCertificatesWarn) {
  const auto expired = TestCertificate({.valid_from_seconds = -7200, .valid_until_seconds = -3600})
                           .write(directory_, "expired");
  ASSERT_TRUE(use({expired.certificate, expired.key}));
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("expired on"), std::string::npos) << warnings_[0];
  const auto early = TestCertificate({.valid_from_seconds = 3600}).write(directory_, "early");
  ASSERT_TRUE(use({early.certificate, early.key}));
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("not valid before"), std::string::npos) << warnings_[0];
}

TEST_F(CertificateChain, FileSizeIsBounded) {
  constexpr std::size_t kLimit = 1 << 20;
  const std::string pem = server_.key_pem() + server_.certificate_pem();
  for (const std::size_t size : {kLimit - 1, kLimit}) {
    const auto file = write("l", pem + std::string(size - pem.size(), '\n'));
    EXPECT_TRUE(use({file, file})) << size;
  }
  const auto over = write("l", pem + std::string(kLimit + 1 - pem.size(), '\n'));
  expect_error(use({over, over}), ErrorKind::kLimit, over, "larger than");
  std::filesystem::resize_file(over, kLimit * 1000);
  expect_error(use({over, over}), ErrorKind::kLimit, over, "larger than");
}

TEST_F(CertificateChain, SecondChainOfAKindIsAMistake) {
  const auto one = server_.write(directory_, "one");
  const auto two = TestCertificate().write(directory_, "two");
  ASSERT_TRUE(use({one.certificate, one.key}));
  expect_error(use_chain(context_.get(), {two.certificate, two.key}, warnings_),
               ErrorKind::kInvalid, two.certificate, "not replacing certificate");
}

TEST_F(CertificateChain, ContextNeedsAChain) {
  ServerOptions options;
  options.listener = "submission";
  const auto made = ServerContext::make(options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(made.error().context.find("submission"), std::string::npos);
}

}  // namespace
}  // namespace postern::tls
