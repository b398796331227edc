/// The store of a host's large values: bytes off the heap, in segment files that every process of
/// the host maps.
///
/// - A host is a folder ([HostFolder]): a ledger of what each process takes, a lock file per
///   process that tells whether it lives, and the segments.
/// - A process writes into segments of its own ([Memory] hands out ranges of them) and answers for
///   the objects in them: [ObjectStore] counts who reads each. Readers of other processes map the
///   segment and are counted by the messages that the runtime sends.
/// - Bytes are used again only when no view of them is left. Each view is a segment with an
///   automatic arena of its own over memory that is mapped already ([Mapping#view]): all slices and
///   buffers made of the view keep that arena reachable, and the arena's clean-up, which the
///   garbage collector starts, gives up the view's pin and its hold on the mapping.
/// - Nobody but the store's own threads touches files: an interrupt would close the channel.
@NullMarked
package io.manta.objects.store;

import org.jspecify.annotations.NullMarked;
