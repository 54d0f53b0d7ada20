/* SPDX-License-Identifier: MIT */
#include <core/check.h>

#include "mask.h"

/* How often the proof polls for its event before the event counts as lost: some milliseconds, in software emulation too. */
#define PROOF_POLLS 1000000

WINDOW_CODE struct error mask_enter(const struct backend *backend, struct mask_token *token)
{
	bool was_masked;

	*token = (struct mask_token){ 0 };
	TRY(backend->suits());
	was_masked = backend->is_masked();
	backend->mask();
	if (!backend->is_masked()) {
		if (!was_masked)
			backend->unmask();
		return error_make(ERROR_MASK_EFFECT, backend->name, 1, 0);
	}
	token->backend_ = backend;
	token->was_masked_ = was_masked;
	token->self_ = token;
	return error_none();
}

WINDOW_CODE void mask_exit(struct mask_token *token)
{
	const struct backend *backend = token->backend_;

	mask_check(token);
	CHECK(!token->unserialised_);
	token->self_ = 0;
	if (!token->was_masked_)
		backend->unmask();
}

WINDOW_CODE void mask_check(const struct mask_token *token)
{
	CHECK(token->self_ == token);
	CHECK(token->backend_->is_masked());
}

WINDOW_CODE void mask_note_store(struct mask_token *token)
{
	token->unserialised_ = true;
}

WINDOW_CODE void mask_serialise(struct mask_token *token)
{
	CHECK(token->self_ == token);
	token->backend_->serialise();
	token->unserialised_ = false;
}

WINDOW_CODE bool mask_was_masked(const struct mask_token *token)
{
	return token->was_masked_;
}

WINDOW_CODE void proof_raise(struct mask_token *token, struct proof *proof)
{
	mask_check(token);
	proof->before = token->backend_->proof_delivered();
	token->backend_->proof_raise();
}

WINDOW_CODE void proof_hold(struct mask_token *token, struct proof *proof)
{
	mask_check(token);
	proof->inside = token->backend_->proof_delivered() - proof->before;
	proof->held = proof->inside == 0 && token->backend_->proof_pending();
}

struct error proof_settle(const struct backend *backend, struct proof *proof)
{
	const uint32_t counted = proof->before + proof->inside;

	for (unsigned poll = 0; poll < PROOF_POLLS && backend->proof_delivered() == counted; poll++)
		__builtin_ia32_pause();
	proof->delivered = backend->proof_delivered() - counted;
	if (proof->held != 1)
		return error_make(ERROR_PROOF_HELD, backend->name, 1, proof->held);
	if (proof->delivered != 1)
		return error_make(ERROR_PROOF_DELIVERED, backend->name, 1, proof->delivered);
	return error_none();
}
