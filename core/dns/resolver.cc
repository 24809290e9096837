#include "core/dns/resolver.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <map>
#include <mutex>
#include <thread>

#include "core/base/check.h"
#include "core/base/unique_fd.h"
#include "core/dns/unbound_context.h"
#include "core/net/completion.h"

namespace postern::dns {
namespace {

using AnswerCallback = std::move_only_function<void(Answer)>;

constexpr std::size_t kMaxNameOctets = 253;  // in text, RFC 1035 s3.1
constexpr std::size_t kMaxLabelOctets = 63;

// Octets that libunbound would take for an escape, or that no zone's name of ours can hold.
bool can_be_asked(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameOctets) return false;
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    if (c <= ' ' || c >= 0x7F || c == '\\' || c == '"') return false;
    if (++label > kMaxLabelOctets) return false;
  }
  return label != 0;
}

}  // namespace

// Shared by the resolver, its thread and the look-ups under way.  libunbound gets a number, not a
// pointer, as the argument of its callback: a look-up that was given up is simply not found.
struct Resolver::State {
  struct Waiting {
    AnswerCallback done;
    int async_id = 0;
  };

  explicit State(ResolverOptions given) : options(std::move(given)) {}

  static void on_result(void* argument, int error, ub_result* raw);
  void run();
  void answer(std::uint64_t number, Answer answer);
  std::uint64_t start(const std::string& name, RecordType type, AnswerCallback done);
  void give_up(std::uint64_t number);
  void stop();

  const ResolverOptions options;
  UbContext context;
  UniqueFd wake;
  std::thread thread;
  mutable std::mutex mutex;
  std::map<std::uint64_t, Waiting> waiting;
  std::uint64_t last_number = 0;
  bool is_stopping = false;
};

namespace {

// Whose thread this is: libunbound's callback has one argument only, and that is the number.
thread_local void* current_state = nullptr;

void* argument_of(std::uint64_t number) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr) a number that is never looked behind
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));
}

}  // namespace

void Resolver::State::on_result(void* argument, int error, ub_result* raw) {
  const UbResult result(raw);
  auto* const self = static_cast<State*>(current_state);
  if (self == nullptr) return;
  self->answer(reinterpret_cast<std::uintptr_t>(argument),
               answer_of(error, result.get(), self->options));
}

void Resolver::State::run() {
  current_state = this;
  pollfd ready[] = {{.fd = ::ub_fd(context.get()), .events = POLLIN, .revents = 0},
                    {.fd = wake.get(), .events = POLLIN, .revents = 0}};
  for (;;) {
    const int count = ::poll(ready, std::size(ready), -1);
    if (count < 0 && errno != EINTR) return;
    if (ready[1].revents != 0) return;
    // The worker thread of libunbound has gone where its pipe has: nothing will be answered.
    if (ready[0].revents != 0 && ::ub_process(context.get()) != UB_NOERROR) return;
  }
}

void Resolver::State::answer(std::uint64_t number, Answer answer) {
  AnswerCallback done;
  {
    const std::lock_guard lock(mutex);
    const auto found = waiting.find(number);
    if (found == waiting.end()) return;  // given up
    done = std::move(found->second.done);
    waiting.erase(found);
  }
  done(std::move(answer));
}

std::uint64_t Resolver::State::start(const std::string& name, RecordType type,
                                     AnswerCallback done) {
  constexpr int kClassInternet = 1;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex);
    if (!is_stopping && waiting.size() < options.max_in_flight) {
      number = ++last_number;
      waiting[number].done = std::move(done);
    }
  }
  if (number == 0) {
    Answer answer;
    answer.status = Status::kBusy;
    done(std::move(answer));  // NOLINT(bugprone-use-after-move) moved only where a number was given
    return 0;
  }
  int async_id = 0;
  const int code = ::ub_resolve_async(context.get(), name.c_str(), static_cast<int>(type),
                                      kClassInternet, argument_of(number), on_result, &async_id);
  if (code != UB_NOERROR) {
    Answer refused;
    if (code == UB_SYNTAX) refused.status = Status::kMalformed;
    answer(number, std::move(refused));
    return 0;
  }
  const std::lock_guard lock(mutex);
  // It may have been answered before this line.
  if (const auto found = waiting.find(number); found != waiting.end())
    found->second.async_id = async_id;
  return number;
}

void Resolver::State::give_up(std::uint64_t number) {
  // Under the lock, so that stop() can't take the context away in between.
  const std::lock_guard lock(mutex);
  const auto found = waiting.find(number);
  if (found == waiting.end() || is_stopping) return;
  // An answer that is on its way finds no one; that is harmless, and so is a late cancel.
  ::ub_cancel(context.get(), found->second.async_id);
  waiting.erase(found);
}

void Resolver::State::stop() {
  {
    const std::lock_guard lock(mutex);
    is_stopping = true;
  }
  const std::uint64_t one = 1;
  POSTERN_CHECK(::write(wake.get(), &one, sizeof one) == sizeof one);
  thread.join();
  context.reset();
  std::map<std::uint64_t, Waiting> left;
  {
    const std::lock_guard lock(mutex);
    left.swap(waiting);
  }
  for (auto& [number, entry] : left)
    entry.done(Answer{});
}

struct Lookup::State {
  State(net::Loop& loop, std::shared_ptr<Resolver::State> owner)
      : resolver(std::move(owner)), done(loop) {}
  ~State() {
    if (number != 0) resolver->give_up(number);
  }
  std::shared_ptr<Resolver::State> resolver;
  net::Completion<Answer> done;
  std::uint64_t number = 0;
};

Lookup::Lookup(std::unique_ptr<State> state) : state_(std::move(state)) {}
Lookup::Lookup(Lookup&& other) noexcept = default;
Lookup::~Lookup() = default;

net::Task<Answer> Lookup::wait(SteadyTime deadline) {
  const std::unique_ptr<State> state = std::move(state_);
  auto answer = co_await state->done.wait_until(deadline);
  if (answer) {
    state->number = 0;
    co_return std::move(*answer);
  }
  Answer late;
  late.status = Status::kTimeout;
  co_return late;
}

Result<std::unique_ptr<Resolver>> Resolver::make(ResolverOptions options) {
  auto state = std::make_shared<State>(std::move(options));
  auto context = make_unbound_context(state->options);
  if (!context) return std::unexpected(context.error());
  state->context = std::move(*context);
  state->wake = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->wake) return fail_errno("DNS resolver: eventfd");
  state->thread = std::thread(&State::run, state.get());
  ::pthread_setname_np(state->thread.native_handle(), "dns");
  return std::unique_ptr<Resolver>(new Resolver(std::move(state)));
}

Resolver::~Resolver() { state_->stop(); }

Lookup Resolver::start(net::Loop& loop, std::string name, RecordType type) {
  auto lookup = std::make_unique<Lookup::State>(loop, state_);
  if (name.ends_with('.')) name.pop_back();
  auto done = lookup->done.callback();
  if (can_be_asked(name)) {
    lookup->number = state_->start(name, type, std::move(done));
  } else {
    Answer malformed;
    malformed.status = Status::kMalformed;
    done(std::move(malformed));
  }
  return Lookup(std::move(lookup));
}

net::Task<Answer> Resolver::lookup(net::Loop& loop, std::string name, RecordType type,
                                   SteadyTime deadline) {
  Lookup lookup = start(loop, std::move(name), type);
  co_return co_await lookup.wait(deadline);
}

std::size_t Resolver::in_flight() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waiting.size();
}

}  // namespace postern::dns
