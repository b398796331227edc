/// Clusters to test with: several nodes in one JVM, or in processes of their own that can be
/// killed.
@NullMarked
package io.manta.testkit;

import org.jspecify.annotations.NullMarked;
