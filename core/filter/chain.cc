#include "core/filter/chain.h"

namespace postern::filter {
namespace {

class EmptyChain final : public Chain {
 public:
  StageSet wanted() const override { return {}; }
  net::Task<Verdict> connect(const mail::ClientInfo&) override { co_return Verdict{}; }
  net::Task<Verdict> hello(const mail::ClientInfo&) override { co_return Verdict{}; }
  net::Task<Verdict> mail(const mail::Envelope&) override { co_return Verdict{}; }
  net::Task<Verdict> recipient(const mail::Envelope&, const mail::Recipient&) override {
    co_return Verdict{};
  }
  net::Task<Verdict> data(const mail::Envelope&, QueueId) override { co_return Verdict{}; }
  net::Task<Verdict> content(std::string) override { co_return Verdict{}; }
  net::Task<Verdict> end_of_message(const mail::Envelope&, QueueId) override {
    co_return Verdict{};
  }
  void abort() override {}
  void disconnect() override {}
};

}  // namespace

std::unique_ptr<Chain> make_empty_chain() { return std::make_unique<EmptyChain>(); }

}  // namespace postern::filter
