// Scan: walks the queue piecewise for a selector that needs envelopes, or for a listing.  A piece
// is collected on the executor, read on the background pool, and handed on; so memory stays small
// and the scheduler is never held up, whatever the length of the queue.
// One object for each walk, shared by the pieces under way.
#pragma once

#include <memory>
#include <vector>

#include "core/queue/scheduler.h"

namespace postern::queue {

class Scan : public std::enable_shared_from_this<Scan> {
 public:
  // Called on a background thread for each message that matches; false ends the walk.
  using Visit = std::move_only_function<bool(const spool::StoredMessage&, const IndexedMessage&)>;
  // Called on the executor after each piece with the ids that matched in it; the next piece starts
  // when it calls its argument.
  using Piece =
      std::move_only_function<void(std::vector<QueueId>, std::move_only_function<void()>)>;

  // `visit`, `piece`: either may be empty.  `done`: on the executor.
  Scan(Selector which, spool::Store& store, BackgroundPool& background,
       std::shared_ptr<Inbox> inbox, Visit visit, Piece piece, std::move_only_function<void()> done)
      : which_(std::move(which)),
        store_(store),
        background_(background),
        inbox_(std::move(inbox)),
        visit_(std::move(visit)),
        piece_(std::move(piece)),
        done_(std::move(done)) {}

  // On the executor.
  void next(Scheduler& scheduler);

 private:
  static constexpr std::size_t kPiece = 256;

  std::vector<IndexedMessage> collect(const Index& index);
  void read(std::vector<IndexedMessage> messages);
  void end_piece(Scheduler& scheduler, std::vector<QueueId> matched);

  const Selector which_;
  spool::Store& store_;
  BackgroundPool& background_;
  std::shared_ptr<Inbox> inbox_;
  Visit visit_;
  Piece piece_;
  std::move_only_function<void()> done_;
  Index::Slot slot_ = 0;      // where the walk is in the index
  std::size_t position_ = 0;  // or in which_.ids
  bool is_ended_ = false;
};

// What is shown of a message.  Moments of the index are in queue time.
MessageView make_view(const spool::StoredMessage& stored, const IndexedMessage& entry);

}  // namespace postern::queue
