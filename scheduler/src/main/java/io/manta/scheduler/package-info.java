/// Who runs where: ledger, shapes, leases and placement as pure functions. No Pekko, no threads.
@NullMarked
package io.manta.scheduler;

import org.jspecify.annotations.NullMarked;
