// A complete SMTP server in the test's process: one loop, one loopback listener, mail kept in
// memory.  Local recipients: joe and ann at local.test; everybody at relay.test; 127.0.0.1 is a
// stranger unless the test says otherwise.
//   SmtpSite site;                       // defaults
//   SmtpSite site([](SiteSetup& setup) { setup.options.limits.recipients = 3; });
//   SmtpPeer peer(site.address());
#pragma once

#include <future>
#include <memory>
#include <string>

#include "core/net/listener.h"
#include "core/server/server_site.h"
#include "core/server/session_set.h"
#include "tests/support/loop_fixture.h"
#include "tests/support/memory_sink.h"
#include "tests/support/smtp_peer.h"
#include "tests/support/test_certificate.h"

namespace postern::testing {

struct SiteSetup {
  server::ServerOptions options;
  routing::DirectoryOptions directory;
  std::string mynetworks = "192.0.2.0/24";
  routing::RestrictionOptions restriction_options;  // its mynetworks are the ones above
  std::string client_restrictions, helo_restrictions, sender_restrictions;
  std::string relay_restrictions = "permit_mynetworks, reject_unauth_destination";
  std::string recipient_restrictions;
  std::string data_restrictions, end_of_data_restrictions;
  bool has_certificate = false;
  filter::ChainFactory filters;
  std::uint64_t memory = 64 << 20;
  std::uint64_t connections = 1000;
  server::PeerNames* peer_names = nullptr;
  const std::atomic<bool>* stress = nullptr;
};

inline maps::NetworkList networks(const std::string& value) {
  return maps::NetworkList::open(value).value();
}

class SmtpSite {
 public:
  template <typename Adjust>
  explicit SmtpSite(Adjust adjust) {
    SiteSetup setup = defaults();
    adjust(setup);
    start(std::move(setup));
  }
  SmtpSite() : SmtpSite([](SiteSetup&) {}) {}
  ~SmtpSite() {
    listener_->stop();
    sink.release();
    std::promise<void> idle;
    loop_.loop().post([&] {
      sessions_->abort();
      sessions_->on_idle([&idle] { idle.set_value(); });
    });
    idle.get_future().wait();
    run_on(loop_.loop(), [&] { sessions_.reset(); });
  }

  const net::SocketAddress& address() const { return socket_.address; }
  net::Loop& loop() { return loop_.loop(); }
  server::SessionSet& sessions() { return *sessions_; }
  std::size_t session_count() const { return sessions_->count(); }
  void drain() {
    run_on(loop_.loop(), [&] { sessions_->drain(); });
  }
  server::ClientTable& clients() { return clients_; }
  net::Budget& memory() { return *memory_; }

  MemorySink sink;

 private:
  static SiteSetup defaults() {
    SiteSetup setup;
    setup.options.identity.hostname = "mx.local.test";
    setup.options.identity.myorigin = "local.test";
    setup.options.identity.banner = "mx.local.test ESMTP Postern";
    setup.options.times.error_sleep = Seconds(0);
    setup.directory.myhostname = "mx.local.test";
    setup.directory.myorigin = "local.test";
    setup.directory.mydestination = "local.test, mx.local.test";
    setup.directory.own_addresses = {"192.0.2.1"};
    setup.directory.local_recipient_maps = "inline:{ joe=x, ann=x, postmaster=x }";
    setup.directory.relay_domains = "relay.test";
    return setup;
  }

  void start(SiteSetup setup) {
    memory_ = std::make_unique<net::Budget>(setup.memory);
    connections_ = std::make_unique<net::Budget>(setup.connections);
    auto site = std::make_shared<server::ServerSite>(
        server::ServerSite{.resources = {sink, clients_, *memory_, *connections_, pool_,
                                         setup.peer_names, Clock::system(), setup.stress},
                           .options = setup.options,
                           .directory = routing::Directory::open(setup.directory).value(),
                           .restrictions = {},
                           .tls = nullptr,
                           .filters = setup.filters});
    auto mynetworks = std::make_shared<maps::NetworkList>(networks(setup.mynetworks));
    site->options.mynetworks = *mynetworks;
    routing::RestrictionOptions options = setup.restriction_options;
    options.mynetworks = mynetworks;
    const auto parse = [&](const char* name, const std::string& value) {
      return routing::RestrictionList::parse(name, value, options).value();
    };
    server::Restrictions& lists = site->restrictions;
    lists.client = parse("smtpd_client_restrictions", setup.client_restrictions);
    lists.helo = parse("smtpd_helo_restrictions", setup.helo_restrictions);
    lists.sender = parse("smtpd_sender_restrictions", setup.sender_restrictions);
    lists.relay = parse("smtpd_relay_restrictions", setup.relay_restrictions);
    lists.recipient = parse("smtpd_recipient_restrictions", setup.recipient_restrictions);
    lists.data = parse("smtpd_data_restrictions", setup.data_restrictions);
    lists.end_of_data = parse("smtpd_end_of_data_restrictions", setup.end_of_data_restrictions);
    if (setup.has_certificate) {
      const auto files = TestCertificate().write(directory_);
      tls::ServerOptions tls;
      tls.chains = {{files.certificate, files.key}};
      tls.listener = "smtp";
      site->tls = tls::ServerContext::make(tls).value();
    }
    sessions_ = std::make_unique<server::SessionSet>(loop_.loop());
    auto on_accept = [this, site](UniqueFd fd, const net::SocketAddress& peer) {
      sessions_->begin(site, std::move(fd), peer);
    };
    listener_ = std::make_unique<net::Listener>(loop_.loop(), UniqueFd(::dup(socket_.fd.get())),
                                                std::move(on_accept));
    listener_->start();
  }

  TempDir directory_;
  LoopbackSocket socket_;
  server::ClientTable clients_;
  std::unique_ptr<net::Budget> memory_, connections_;
  net::BlockingPool pool_{1};
  LoopFixture loop_;
  std::unique_ptr<server::SessionSet> sessions_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace postern::testing
