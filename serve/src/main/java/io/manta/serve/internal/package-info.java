/// How serving works: replicas, the routers that choose among them, and the HTTP front of a node.
/// Not for users.
@NullMarked
package io.manta.serve.internal;

import org.jspecify.annotations.NullMarked;
