/// Model serving: a [Deployment] is a class with a [Handler]; its replicas are remote actors, and
/// every node answers HTTP for them.
@NullMarked
package io.manta.serve;

import org.jspecify.annotations.NullMarked;
