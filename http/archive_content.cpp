// The bytes of a job's archive, to whoever has its signed URL.
#include "http/content_answer.hpp"
#include "http/handlers.hpp"
#include "http/job_access.hpp"
#include "http/job_archive.hpp"
#include "http/request_refused.hpp"

namespace convertd {

void get_archive_content(exchange& x, const services& with) {
  auto id = job_id_of(x);
  auto exp = x.parameter("exp").value_or("");
  if (!with.signer.verify_archive(id, exp, x.parameter("sig").value_or(""), wall_clock()))
    throw request_refused{ec::signature_invalid};
  read_view view{with.records};
  auto job = view.job(id);
  if (!job || job->erased || !has_archive(*job, view.spec(id).value_or(job_spec{})))
    throw request_refused{ec::not_found};
  auto plan = plan_archive(*job, view);
  content what;
  what.name = archive_name(*job);
  what.mime_type = "application/zip";
  what.etag = "\"" + to_text(id) + "-" + std::to_string(plan.size) + "-"
              + std::to_string(plan.fingerprint) + "\"";
  what.size = plan.size;
  what.open = [&](byte_range range) { return archive_source(with, *job, plan, range); };
  answer_content(x, what);
}

} // namespace convertd
