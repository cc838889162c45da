#include "actors/webhook_sender.hpp"

#include "job/crash_points.hpp"

#include <algorithm>
#include <memory>

namespace convertd {

namespace {

using namespace std::chrono_literals;

/// The wall clock may jump: no timer is set for longer.
constexpr milliseconds timer_max = 1min;
constexpr milliseconds prune_interval = 1h;
/// Deliveries that one commit fails or erases.
constexpr std::uint32_t deliveries_per_commit = 1'000;

constexpr std::string_view receiver_gone = "The webhook was deleted or switched off.";
constexpr std::string_view job_gone = "The records of the job are gone.";

} // namespace

void webhook_sender_state::pump() {
  read_view view{*in};
  // Twice as many, since those at couriers are among them.
  auto scan = view.strands(options.now(), 2 * options.of_target);
  std::ranges::stable_sort(scan.due, {}, &strand::at);
  for (const auto& x : scan.due) {
    if (at_work == options.couriers)
      break;
    if (busy.count({x.target, x.job}) == 0 && unreadable.count({x.target, x.job}) == 0
        && failing.count(x.target) == 0 && of_target.count(x.target) < options.of_target)
      take_up(view, x);
  }
  if (scan.next != timestamp{})
    wake_at(scan.next);
}

void webhook_sender_state::take_up(const read_view& view, const strand& x) {
  try {
    auto head = view.head_of(x);
    if (!head || of_account.count(head->account) >= options.of_account)
      return;
    auto to = address(view, *head);
    if (!to && !head->is_callback())
      return fail_target(x.target);
    errand what{*head, {x.target, x.job}};
    claim(what);
    if (to)
      send(what, traced(view, std::move(*to)));
    else
      save(what, {.trouble = std::string{job_gone}, .hopeless = true}, options.now());
  } catch (const store_error& error) {
    if (!error.damaged())
      throw;
    unreadable.insert({x.target, x.job});
  }
}

/// Nothing if there is nobody to send it to any more.
std::optional<posting> webhook_sender_state::address(const read_view& view,
                                                     const delivery_record& x) const {
  if (x.is_callback()) {
    auto found = view.callback(x.job);
    if (!found)
      return std::nullopt;
    auto secrets = found->secret.empty() ? std::vector<std::string>{} : std::vector{found->secret};
    return posting{x, found->url, std::move(secrets)};
  }
  auto found = view.webhook(x.account, x.webhook);
  if (!found || !found->active)
    return std::nullopt;
  return posting{x, found->url, secrets_of(*found, options.now())};
}

/// What led to the event goes along with it, so that both ends of it can be found.
posting webhook_sender_state::traced(const read_view& view, posting x) const {
  if (auto spec = view.spec(x.delivery.job)) {
    x.request_id = spec->request_id;
    x.trace_parent = spec->trace_parent;
  }
  return x;
}

void webhook_sender_state::claim(const errand& what) {
  busy.insert(what.from);
  of_target.insert(what.from.first);
  of_account.insert(what.delivery.account);
}

void webhook_sender_state::release(const errand& what) {
  busy.erase(what.from);
  of_target.erase(of_target.find(what.from.first));
  of_account.erase(of_account.find(what.delivery.account));
}

webhook_courier_actor webhook_sender_state::next_courier() {
  if (idle.empty()) {
    couriers.push_back(options.make_courier());
    return couriers.back();
  }
  auto courier = std::move(idle.back());
  idle.pop_back();
  return courier;
}

void webhook_sender_state::send(const errand& what, posting to) {
  crash_point("deliver.taken-up");
  auto courier = next_courier();
  ++at_work;
  self
    ->request(courier, caf::infinite, atom::post_v,
              posting_ptr{std::make_shared<const posting>(std::move(to))})
    .then(
      [this, what, courier](const attempt& how) {
        idle.push_back(courier);
        on_attempt(what, how);
      },
      [this, what, courier](const caf::error&) { // it is no more; its successor tries again
        std::erase(couriers, courier);
        on_attempt(what, {.trouble = "The event could not be sent."});
      });
}

void webhook_sender_state::on_attempt(const errand& what, const attempt& how) {
  --at_work;
  crash_point("deliver.answered");
  auto took = std::chrono::steady_clock::now() - what.sent;
  options.watching->delivery_tried(
    after_attempt(what.delivery, how, options.now(), options.age_max),
    std::chrono::duration_cast<std::chrono::microseconds>(took));
  save(what, how, options.now());
  pump();
}

/// The strand stays busy until it is durable how the try ended, and so is never ahead of the store.
void webhook_sender_state::save(const errand& what, const attempt& how, timestamp when) {
  auto change = [id = what.delivery.id, account = what.delivery.account, how, when,
                 age = options.age_max](write_batch& batch) {
    auto now = batch.delivery(account, id); // somebody may have asked for it again meanwhile
    if (now && now->state == delivery_state::pending)
      batch.put_delivery(after_attempt(*now, how, when, age));
  };
  write(std::move(change), [this, what, how, when](const failure& why) {
    if (why && why.code != ec::internal) {
      self->delayed_send(self, options.save_again, atom::save_v,
                         std::make_shared<const std::function<void()>>(
                           [this, what, how, when] { save(what, how, when); }));
      return;
    }
    if (why)
      unreadable.insert(what.from);
    crash_point("deliver.committed");
    release(what);
    pump();
  });
}

void webhook_sender_state::fail_target(target_id target) {
  failing.insert(target);
  write(
    [target](write_batch& batch) {
      batch.fail_deliveries(target, receiver_gone, deliveries_per_commit);
    },
    [this, target](const failure& why) {
      crash_point("deliver.target-failed");
      failing.erase(target);
      if (why)
        wake_at(options.now() + options.save_again);
      else
        pump(); // there may be more
    });
}

void webhook_sender_state::wake_at(timestamp when) {
  if (wakes_at && *wakes_at <= when)
    return;
  auto wait = std::clamp(when - options.now(), milliseconds{1}, timer_max);
  wakes_at = options.now() + wait;
  self->delayed_send(self, wait, atom::tick_v);
}

void webhook_sender_state::on_tick() {
  wakes_at.reset();
  pump();
}

void webhook_sender_state::prune() {
  auto stale = read_view{*in}.stale_deliveries(options.now() - options.history, options.history_max,
                                               deliveries_per_commit);
  auto more = stale.size() == deliveries_per_commit;
  if (stale.empty())
    return self->delayed_send(self, prune_interval, atom::prune_v);
  write(
    [stale = std::move(stale)](write_batch& batch) {
      for (const auto& [account, id] : stale)
        batch.erase_delivery(account, id);
    },
    [this, more](const failure& why) {
      crash_point("expire.deliveries-erased");
      self->delayed_send(self, more && !why ? milliseconds{1} : prune_interval, atom::prune_v);
    });
}

void webhook_sender_state::write(std::function<void(write_batch&)> what,
                                 std::function<void(const failure&)> then) {
  auto shared = std::make_shared<const std::function<void(write_batch&)>>(std::move(what));
  self->request(snapshots, caf::infinite, atom::write_v, write_function{shared})
    .then(std::move(then));
}

void webhook_sender_state::stop(const caf::error& reason) {
  for (const auto& courier : couriers)
    self->send_exit(courier, caf::exit_reason::user_shutdown);
  self->quit(reason);
}

webhook_sender_actor::behavior_type webhook_sender(webhook_sender_state::pointer self,
                                                   snapshotter_actor snapshots, const store* in,
                                                   webhook_sender_options options) {
  auto& st = self->state;
  st.snapshots = std::move(snapshots);
  st.in = in;
  st.options = std::move(options);
  die_on_exception(self, st.options.fatal);
  self->set_exit_handler([&st](const caf::exit_msg& x) { st.stop(x.reason); });
  return {
    [&st](atom::wake) { st.pump(); },
    [&st](atom::tick) { st.on_tick(); },
    [&st](atom::prune) { st.prune(); },
    [](atom::save, const deferred& what) { (*what)(); },
  };
}

} // namespace convertd
