/// A Spring Boot application as a node or a driver of a cluster: the bean `Manta`, its settings and
/// its health.
@NullMarked
package io.manta.spring;

import org.jspecify.annotations.NullMarked;
