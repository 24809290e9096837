#include "core/queue/scan.h"

namespace postern::queue {

void Scan::next(Scheduler& scheduler) {
  std::vector<IndexedMessage> messages;
  if (!is_ended_) messages = collect(scheduler.index());
  if (messages.empty()) {
    if (done_) std::exchange(done_, nullptr)();
    return;
  }
  if (visit_ || which_.needs_envelope()) {
    background_.run([self = shared_from_this(), messages = std::move(messages)]() mutable {
      self->read(std::move(messages));
    });
    return;
  }
  std::vector<QueueId> ids;
  for (const IndexedMessage& message : messages)
    ids.push_back(message.id);
  end_piece(scheduler, std::move(ids));
}

std::vector<IndexedMessage> Scan::collect(const Index& index) {
  std::vector<IndexedMessage> found;
  found.reserve(kPiece);
  if (which_.kind == Selector::Kind::kIds) {
    for (; position_ < which_.ids.size() && found.size() < kPiece; ++position_) {
      const Index::Slot slot = index.find(which_.ids[position_]);
      if (slot != Index::kNoSlot) found.push_back(index.at(slot));
    }
    return found;
  }
  for (; slot_ < index.slot_end() && found.size() < kPiece; ++slot_)
    if (index.at(slot_).state != MessageState::kFree) found.push_back(index.at(slot_));
  return found;
}

void Scan::read(std::vector<IndexedMessage> messages) {
  std::vector<QueueId> matched;
  for (const IndexedMessage& entry : messages) {
    const Result<spool::StoredMessage> stored = store_.read(entry.id);
    // Gone meanwhile, or damaged: the queue itself reports that when it gets there.
    if (!stored || !which_.matches(stored->envelope, stored->state)) continue;
    matched.push_back(entry.id);
    if (visit_ && !visit_(*stored, entry)) {
      is_ended_ = true;
      break;
    }
  }
  inbox_->push(
      [self = shared_from_this(), matched = std::move(matched)](Scheduler& scheduler) mutable {
        self->end_piece(scheduler, std::move(matched));
      });
}

void Scan::end_piece(Scheduler&, std::vector<QueueId> matched) {
  auto go_on = [self = shared_from_this()] {
    self->inbox_->push([self](Scheduler& scheduler) { self->next(scheduler); });
  };
  if (piece_ && !matched.empty()) {
    piece_(std::move(matched), std::move(go_on));
  } else {
    go_on();
  }
}

MessageView make_view(const spool::StoredMessage& stored, const IndexedMessage& entry) {
  MessageView view;
  view.id = stored.id;
  view.state = entry.state;
  view.size = stored.content == nullptr ? entry.size : stored.content->size();
  view.arrival = stored.envelope.arrival;
  view.next_attempt = from_ms(entry.due_ms);
  view.attempts = entry.attempts;
  view.sender = mail::to_wire(stored.envelope.reverse_path);
  for (std::size_t i = 0; i < stored.envelope.recipients.size(); ++i) {
    RecipientView recipient{stored.envelope.recipients[i], {}};
    if (i < stored.state.recipients.size()) recipient.progress = stored.state.recipients[i];
    view.recipients.push_back(std::move(recipient));
  }
  return view;
}

}  // namespace postern::queue
