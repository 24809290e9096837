#include "core/engine/spool_sink.h"

#include "core/engine/rejections.h"

namespace postern::engine {
namespace {

class SpooledMessage final : public server::IncomingMessage {
 public:
  explicit SpooledMessage(Intake& intake) : intake_(intake), id_(intake.store().next_id()) {}

  QueueId id() const override { return id_; }

  std::expected<void, mail::Rejection> append(std::string_view octets) override {
    // Most transactions that end early end before DATA: they never need a writer.
    if (!writer_) writer_ = intake_.store().new_content(id_);
    if (auto done = writer_->append(octets); !done)
      return std::unexpected(rejection_of(done.error()));
    return {};
  }

  std::uint64_t size() const override { return writer_ ? writer_->size() : 0; }

  void commit(mail::Envelope envelope, Done done) override {
    if (!writer_) writer_ = intake_.store().new_content(id_);
    auto content = writer_->finish();
    if (!content) return done(std::unexpected(rejection_of(content.error())));
    auto committed = [&intake = intake_,
                      done = std::move(done)](Result<Intake::Accepted> accepted) mutable {
      if (!accepted) return done(std::unexpected(rejection_of(accepted.error())));
      done(intake.admit(std::move(*accepted)));
    };
    intake_.commit(id_, std::move(envelope), std::move(*content), std::move(committed));
  }

 private:
  Intake& intake_;
  const QueueId id_;
  std::unique_ptr<spool::ContentWriter> writer_;
};

}  // namespace

std::unique_ptr<server::IncomingMessage> SpoolSink::begin() {
  return std::make_unique<SpooledMessage>(intake_);
}

}  // namespace postern::engine
