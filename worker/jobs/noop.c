/* noop: does nothing, at scale. For measuring the queue and for tests: its effect is its row in
 * job_done. */
#include "worker/kinds.h"

enum err job_noop(struct run *run)
{
    (void)run;
    return ERR_NONE;
}
