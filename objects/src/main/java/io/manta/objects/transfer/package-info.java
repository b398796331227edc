/// Moving large values between hosts, in chunks over TCP connections of their own.
///
/// A receiver asks a holder for one chunk after the other, a few requests ahead, over several
/// connections. It serves the chunks that it has while the others come, so that many receivers make
/// a pipeline instead of asking one source. A holder that fails is replaced by another, which is
/// asked for the missing chunks only. Both sides of a connection prove that they know the cluster's
/// token; where they have certificates, the bytes are encrypted.
@NullMarked
package io.manta.objects.transfer;

import org.jspecify.annotations.NullMarked;
