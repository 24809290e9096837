// One transport under test, its loop, and messages to send by it.
#pragma once

#include <gmock/gmock.h>

#include "core/delivery/smtp/smtp_transport.h"
#include "tests/support/dns_server.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/scripted_peer.h"

namespace postern::testing {

// Content that has to be read as from a file; fails from `fail_at` on.
class FileLikeContent final : public mail::Content {
 public:
  explicit FileLikeContent(std::string octets, std::uint64_t fail_at = ~std::uint64_t{0})
      : octets_(std::move(octets)), fail_at_(fail_at) {}
  std::uint64_t size() const override { return octets_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) const override {
    if (offset + buffer.size() > fail_at_) return fail(ErrorKind::kCorrupt, "planted failure");
    // Short reads are legal.
    const std::string_view part =
        std::string_view(octets_).substr(offset, std::min<std::size_t>(buffer.size(), 10'000));
    std::ranges::copy(part, buffer.begin());
    return part.size();
  }

 private:
  const std::string octets_;
  const std::uint64_t fail_at_;
};

inline mail::Mailbox mailbox(const std::string& text) {
  const std::size_t at = text.rfind('@');
  return {text.substr(0, at), text.substr(at + 1)};
}

class SmtpTest : public LoopTest {
 protected:
  SmtpTest() {
    options_.myhostname = "client.example";
    options_.helo_name = "client.example";
    options_.tls = mail::TlsRequirement::kNone;
    dns::ResolverOptions resolver_options;
    resolver_options.forwarders = {"127.0.0.1:9"};  // tests of DNS put another one here
    resolver_ = dns::Resolver::make(resolver_options).value();
  }
  ~SmtpTest() override {
    transport_.reset();
    run_on(loop(), [] {});  // idle connections are closed
  }

  delivery::SmtpTransport& transport() {
    if (!transport_)
      transport_ =
          std::make_unique<delivery::SmtpTransport>(options_, *resolver_, pool_, contexts_);
    return *transport_;
  }
  void use_dns(const DnsServer& server) {
    dns::ResolverOptions resolver_options;
    resolver_options.forwarders = {server.address()};
    resolver_ = dns::Resolver::make(resolver_options).value();
  }
  void use_tls(mail::TlsRequirement level) {
    options_.tls = level;
    contexts_.opportunistic = tls::ClientContext::make({}).value();
    contexts_.mandatory = contexts_.opportunistic;
  }

  mail::Attempt attempt(const std::string& next_hop, std::size_t recipients = 1) {
    auto envelope = std::make_shared<mail::Envelope>();
    envelope->reverse_path = mailbox("sender@client.example");
    mail::Attempt out;
    for (std::size_t i = 0; i < recipients; ++i) {
      mail::Recipient recipient;
      recipient.forward_path = mailbox(fmt::format("r{}@site.example", i));
      envelope->recipients.push_back(std::move(recipient));
      out.recipients.push_back(static_cast<std::uint32_t>(i));
    }
    out.id = QueueId::parse("4XyZ1234567890").value_or(QueueId());
    out.envelope = std::move(envelope);
    out.content = std::make_shared<mail::MemoryContent>("Subject: x\r\n\r\nbody\r\n");
    out.route = {"smtp", next_hop};
    out.lane = {"smtp", next_hop, mail::TlsRequirement::kMay};
    return out;
  }
  static std::string hop(const ScriptedPeer& peer) {
    return fmt::format("[{}]:{}", peer.address().host(), peer.address().port());
  }
  mail::AttemptResult deliver(mail::Attempt given) {
    return run(transport().deliver(loop(), std::move(given)));
  }
  mail::AttemptResult deliver_to(const ScriptedPeer& peer, std::size_t recipients = 1) {
    return deliver(attempt(hop(peer), recipients));
  }
  // The only result.
  mail::RecipientResult deliver_one(const ScriptedPeer& peer) {
    return deliver_to(peer).recipients.at(0);
  }

  delivery::SmtpClientOptions options_;
  delivery::SmtpTlsContexts contexts_;
  net::BlockingPool pool_{2};
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<delivery::SmtpTransport> transport_;
};

// Rules whose reply to lines that begin with `verb` is `reply`.
inline PeerRules answering(std::string verb, std::string reply) {
  PeerRules rules;
  rules.reply = [verb = std::move(verb), reply = std::move(reply)](const std::string& line) {
    return line.starts_with(verb) ? reply : std::string();
  };
  return rules;
}

}  // namespace postern::testing
