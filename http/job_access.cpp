#include "http/job_access.hpp"

#include "http/auth.hpp"
#include "http/request_refused.hpp"

namespace convertd {

job_id job_id_of(const exchange& x) {
  auto id = parse_id<job_id>(x.captured(0));
  if (!id)
    throw request_refused{ec::not_found};
  return *id;
}

job_record job_for(account_id account, job_id id, const read_view& view) {
  auto job = view.job(id);
  if (!job || job->account != account || job->state == job_state::uploading)
    throw request_refused{ec::not_found};
  return *job;
}

account_id owner_of(exchange& x, const services& with) {
  read_view view{with.records};
  auto account = authenticate(x, view);
  return job_for(account, job_id_of(x), view).account;
}

} // namespace convertd
