//! Every refusal in its order of precedence, replays, runs, holds and limits.
