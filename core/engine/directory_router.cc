#include "core/engine/directory_router.h"

namespace postern::engine {
namespace {

// Whatever keeps a table from answering passes or is mended, so it defers; only an address that is
// none fails.
Result<mail::Destination> answer(const MailPolicy& policy, const mail::Mailbox& recipient) {
  auto destination = policy.directory->destination(recipient);
  if (!destination && destination.error().kind != ErrorKind::kInvalid)
    return fail(ErrorKind::kUnavailable, "{}", destination.error().describe());
  return destination;
}

}  // namespace

void DirectoryRouter::route(const mail::Envelope&, const mail::Recipient& recipient,
                            std::move_only_function<void(Result<mail::Destination>)> done) {
  auto policy = policy_.get();
  if (!policy->routing_may_block) return done(answer(*policy, recipient.forward_path));
  using Done = std::move_only_function<void(Result<mail::Destination>)>;
  auto shared = std::make_shared<Done>(std::move(done));
  auto work = [policy = std::move(policy), mailbox = recipient.forward_path, shared] {
    (*shared)(answer(*policy, mailbox));
  };
  if (!pool_.try_run(std::move(work)))
    (*shared)(fail(ErrorKind::kUnavailable, "too many table look-ups wait"));
}

}  // namespace postern::engine
