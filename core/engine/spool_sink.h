// SpoolSink: the server's mail sink over the spool: a message's octets go to the store as they
// come, its end is a commit, and the 250 waits for the token. Thread-safe; a message belongs to its
// session.
#pragma once

#include "core/engine/admission.h"
#include "core/engine/intake.h"
#include "core/server/mail_sink.h"

namespace postern::engine {

class SpoolSink final : public server::MailSink {
 public:
  SpoolSink(Intake& intake, const AdmissionGate& gate) : intake_(intake), gate_(gate) {}
  std::unique_ptr<server::IncomingMessage> begin() override;
  std::optional<mail::Rejection> admission(std::uint64_t announced_size) const override {
    return gate_.judge(announced_size);
  }

 private:
  Intake& intake_;
  const AdmissionGate& gate_;
};

}  // namespace postern::engine
