/// See the README of the project.
@NullMarked
package io.manta.serve;

import org.jspecify.annotations.NullMarked;
