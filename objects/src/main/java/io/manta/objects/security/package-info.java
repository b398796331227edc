/// Who a process of a cluster is, and whom it believes: certificates and the cluster's token.
@NullMarked
package io.manta.objects.security;

import org.jspecify.annotations.NullMarked;
